"""Which catalog a station believes: the signed pointer against what it has believed before."""

from dataclasses import dataclass
from datetime import datetime

from farm.errors import Distrusted, Doubt, Unkeyed
from farm.signing import Accepted, Trust, fingerprint, verify
from farm.station.model import Options
from manifests.errors import ManifestError
from manifests.statement import (
    DeltaLink,
    SignedPointer,
    read_signed_pointer,
    read_statement,
)


@dataclass(frozen=True, slots=True)
class Believed:
    """A catalog to be fetched."""

    number: int
    version: int
    """0 where nobody signs."""
    path: str
    """Of the snapshot, relative to `catalog/`."""
    sha256: str
    size: int | None
    """Bytes; None where nobody signs."""
    deltas: tuple[DeltaLink, ...]
    keys: tuple[bytes, ...]
    """To be trusted from now on; none where nobody signs."""
    accepted: Accepted | None
    """To be remembered; None where nobody signs."""
    warning: str | None = None

    @property
    def signed(self) -> bool:
        return self.accepted is not None


def believe(data: bytes, known: Trust | None, options: Options, now: datetime) -> Believed:
    """Of `catalog/catalog.json`. `known`: what the station believed before, None the first time.

    Raises Distrusted with the reason, Unkeyed where there is no key to begin with.
    """
    try:
        signed = read_signed_pointer(data)
    except ManifestError as error:
        raise Distrusted(
            Doubt.UNREADABLE,
            "目录指针无法读取，没有使用；请稍后再同步，仍然如此请联系省办公室。",
            f"The catalog's pointer does not read ({error}) and was not used; sync again later, "
            "and tell the office if that stays so.",
        ) from error
    if known is None and options.unsigned and signed.envelope is None:
        return _unsigned(signed)
    trust, warning = (known, None) if known else _first(signed, options)
    statement = verify(signed, trust, now)
    after = trust.after(statement)
    return Believed(
        number=statement.number,
        version=statement.version,
        path=statement.path,
        sha256=statement.sha256,
        size=statement.size,
        deltas=statement.deltas,
        keys=after.keys,
        accepted=after.accepted,
        warning=warning,
    )


def _unsigned(signed: SignedPointer) -> Believed:
    pointer = signed.pointer
    return Believed(
        number=pointer.release,
        version=0,
        path=pointer.path,
        sha256=pointer.sha256,
        size=None,
        deltas=(),
        keys=(),
        accepted=None,
        warning="这个课件库没有签名，任何人都可能改动过它。 "
        "Nobody has signed this library: whoever stands between may have changed it.",
    )


def _first(signed: SignedPointer, options: Options) -> tuple[Trust, str | None]:
    """Whom to trust when nobody was trusted before."""
    if options.keys or signed.envelope is None:
        return Trust(options.keys), None
    if not options.trust_first:
        raise Unkeyed(
            "首次同步请用 --key 给出省办公室的公钥。 "
            "Give the office's public key with --key the first time; "
            "--trust-first believes whatever catalog comes."
        )
    try:
        keys = read_statement(signed.envelope.payload).keys
    except ManifestError:
        keys = ()
    shown = ", ".join(map(fingerprint, keys))
    return Trust(keys), (
        f"首次同步相信了公钥 {shown}；请向省办公室核对。 "
        f"The first catalog's key {shown} is believed from now on; compare it with the office's."
    )

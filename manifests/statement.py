"""What the office signs: which catalog is the current one, until when, and how to come to it.

The statement travels in the pointer `catalog/catalog.json`, as the field `signed`: a DSSE envelope
(https://github.com/secure-systems-lab/dsse/blob/master/envelope.md). Making and checking signatures
is `farm.signing`; here are the values and their text alone.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from manifests.errors import ManifestError
from manifests.model import Pointer
from manifests.reading import Fields, canonical, parsed
from manifests.release import pointer_json, read_pointer

FORMAT = "statement-1"
PAYLOAD_TYPE = "application/vnd.courseware.catalog-statement+json"
KEY_BYTES = 32
"""Of a raw Ed25519 public key."""
SIGNATURE_BYTES = 64
MOST_SIGNATURES = 16
"""A reader verifies no more of one envelope."""

_LIBRARY = re.compile("[0-9a-f]{8,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True)
class DeltaLink:
    """A way from an earlier snapshot to this one that costs little."""

    base: int
    """Number of the snapshot it starts from."""
    path: str
    """Relative to `catalog/`, e.g. `deltas/6-7.json`."""
    sha256: str
    size: int
    """Bytes, decoded."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One signed say of the office."""

    library: str
    """Hex id of the library: a catalog of another one is refused."""
    version: int
    """From 1; higher at every signing, renewals too."""
    number: int
    """Of the catalog release, from 1; never lower than before."""
    path: str
    """Of the snapshot, relative to `catalog/`."""
    sha256: str
    """Of the snapshot."""
    size: int
    """Bytes of the snapshot, decoded."""
    issued: datetime
    """UTC, whole seconds."""
    expires: datetime
    """UTC, whole seconds."""
    keys: tuple[bytes, ...]
    """Raw Ed25519 public keys to be trusted from now on, and no others."""
    deltas: tuple[DeltaLink, ...] = ()
    """From earlier snapshots, the nearest first."""


@dataclass(frozen=True, slots=True)
class Signature:
    keyid: str
    """A hint which key it is of; proves nothing."""
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """DSSE: signatures are over `pae(type, payload)`."""

    type: str
    payload: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class SignedPointer:
    """`catalog/catalog.json` with what the office signed."""

    pointer: Pointer
    envelope: Envelope | None
    """None in a library nobody signs."""


def statement_json(statement: Statement) -> bytes:
    """The payload. Raises ManifestError where a field cannot be right."""
    value = {
        "format": f"courseware-{FORMAT}",
        "library": statement.library,
        "version": statement.version,
        "number": statement.number,
        "path": statement.path,
        "sha256": statement.sha256,
        "size": statement.size,
        "issued": time_text(statement.issued),
        "expires": time_text(statement.expires),
        "keys": [base64.b64encode(key).decode() for key in statement.keys],
        "deltas": [
            {"from": one.base, "path": one.path, "sha256": one.sha256, "size": one.size}
            for one in statement.deltas
        ],
    }
    data = canonical(value)
    if read_statement(data) != statement:
        raise ManifestError("The statement has times that are not whole seconds of UTC.")
    return data


def read_statement(data: bytes) -> Statement:
    """Raises ManifestError saying what is wrong."""
    fields = parsed(data, "statement")
    library = fields.text("library")
    if not _LIBRARY.fullmatch(library):
        raise ManifestError("The statement: 'library' should be 8 to 64 hex digits.")
    statement = Statement(
        library=library,
        version=fields.integer("version", 1),
        number=fields.integer("number", 1),
        path=fields.path("path"),
        sha256=fields.sha256("sha256"),
        size=fields.integer("size", 1),
        issued=_time(fields, "issued"),
        expires=_time(fields, "expires"),
        keys=tuple(_bytes(fields, "keys", text, KEY_BYTES) for text in fields.texts("keys")),
        deltas=fields.each("deltas", _read_delta),
    )
    if not statement.keys:
        raise ManifestError("The statement: 'keys' should name at least one key.")
    if statement.expires <= statement.issued:
        raise ManifestError("The statement: 'expires' should be later than 'issued'.")
    if any(one.base >= statement.number for one in statement.deltas):
        raise ManifestError("The statement: a delta should start from an earlier release.")
    return statement


def pae(type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed.

    https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#signature-definition
    """
    kind = type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def envelope_value(envelope: Envelope) -> dict[str, Any]:
    """JSON values of DSSE's JSON envelope."""
    return {
        "payloadType": envelope.type,
        "payload": base64.b64encode(envelope.payload).decode(),
        "signatures": [
            {"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()}
            for one in envelope.signatures
        ],
    }


def read_envelope(fields: Fields) -> Envelope:
    """Raises ManifestError saying what is wrong; nothing of it is verified."""
    return Envelope(
        type=fields.text("payloadType"),
        payload=_bytes(fields, "payload", fields.text("payload")),
        signatures=fields.each("signatures", _read_signature)[:MOST_SIGNATURES],
    )


def signed_pointer_json(pointer: Pointer, envelope: Envelope) -> bytes:
    """`catalog/catalog.json`: readers of before find in it what they always did.

    Raises ManifestError where a field cannot be right.
    """
    value = parsed(pointer_json(pointer), "pointer").value
    data = canonical({**value, "signed": envelope_value(envelope)})
    read_signed_pointer(data)
    return data


def read_signed_pointer(data: bytes) -> SignedPointer:
    """Raises ManifestError saying what is wrong."""
    pointer = read_pointer(data)
    signed = parsed(data, "pointer").value.get("signed")
    if signed is None:
        return SignedPointer(pointer, None)
    return SignedPointer(pointer, read_envelope(Fields("The pointer, signed", signed)))


def time_text(time: datetime) -> str:
    """`2024-05-20T08:00:00Z`; `time` knows its offset from UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(fields: Fields, name: str) -> datetime:
    text = fields.text(name)
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text)
    except ValueError as fault:
        raise ManifestError(
            f"{fields.place}: {name!r} should be a time such as 2024-05-20T08:00:00Z."
        ) from fault


def _read_delta(fields: Fields) -> DeltaLink:
    return DeltaLink(
        base=fields.integer("from", 1),
        path=fields.path("path"),
        sha256=fields.sha256("sha256"),
        size=fields.integer("size", 1),
    )


def _read_signature(fields: Fields) -> Signature:
    value: Mapping[str, Any] = fields.value
    keyid = fields.text("keyid") if "keyid" in value else ""
    return Signature(keyid, _bytes(fields, "sig", fields.text("sig"), SIGNATURE_BYTES))


def _bytes(fields: Fields, name: str, text: str, size: int | None = None) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ManifestError(f"{fields.place}: {name!r} should be base64.") from fault
    if size is not None and len(data) != size:
        raise ManifestError(f"{fields.place}: {name!r} should be {size} bytes in base64.")
    return data

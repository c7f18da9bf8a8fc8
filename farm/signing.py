"""Ed25519: keys in files, signing the office's statements, and whether one is to be trusted.

What is signed is in `manifests.statement`; how stations and the office use it, in
docs/catalogs.md. Keys are PKCS#8 (RFC 5958) in PEM, as `openssl genpkey -algorithm ed25519` makes
them; public keys are told as the base64 of their 32 bytes.
"""

import base64
import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from farm.errors import Distrusted, Doubt, Unkeyed
from manifests.errors import ManifestError
from manifests.statement import (
    KEY_BYTES,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    SignedPointer,
    Statement,
    pae,
    read_statement,
    statement_json,
)

PASSPHRASE = "FARM_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
"""Environment variable with the passphrase of a key, where it has one."""
CLOCK_SLACK = timedelta(days=1)
"""How far before `issued` a station's clock may be."""


# --- keys ----------------------------------------------------------------------------------------


def fingerprint(public: bytes) -> str:
    """16 hex digits by which people, and `keyid`, tell a key."""
    return hashlib.sha256(public).hexdigest()[:16]


def public_text(public: bytes) -> str:
    """Base64, as it is handed to stations."""
    return base64.b64encode(public).decode()


def read_public(text: str) -> bytes:
    """A public key from base64, or from the file that text names. Raises Unkeyed."""
    candidate = text.strip()
    path = Path(candidate)
    try:
        if path.is_file():
            candidate = path.read_text(encoding="ascii").strip()
        key = base64.b64decode(candidate, validate=True)
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Unkeyed(
            f"{text[:80]!r} is no public key; give its 44 characters, or a file that holds them, "
            "as `farm office key` prints them."
        )
    return key


def passphrase() -> bytes | None:
    """From the environment; None where there is none."""
    return os.environ.get(PASSPHRASE, "").encode() or None


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """Raw, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> Signature:
        return Signature(fingerprint(self.public), self.private.sign(data))


def new_key(path: Path, secret: bytes | None = None) -> SigningKey:
    """Make a key and write it to a new file that its owner alone may read.

    `secret`: a passphrase it is encrypted with. Raises Unkeyed where the file exists or cannot be
    written: a key is never written over.
    """
    key = Ed25519PrivateKey.generate()
    coding: forms.KeySerializationEncryption = (
        forms.BestAvailableEncryption(secret) if secret else forms.NoEncryption()
    )
    data = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, coding)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise Unkeyed(f"{path} exists already; give another name, or use the key in it.") from None
    except OSError as error:
        raise Unkeyed(f"{path} cannot be written: {error.strerror}; choose another place.") from (
            error
        )
    return SigningKey(key)


def load_key(path: Path, secret: bytes | None = None) -> SigningKey:
    """Raises Unkeyed where it cannot be used: not there, open to others, locked, no Ed25519 key."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read()
    except OSError as error:
        raise Unkeyed(
            f"The signing key {path} cannot be read: {error.strerror}; make one with "
            "`farm office key FILE`, or check the path."
        ) from error
    if mode & 0o077:
        raise Unkeyed(
            f"Others than its owner may read the signing key {path}; say `chmod 600 {path}`, and "
            "make a new key where somebody may have."
        )
    try:
        key = forms.load_pem_private_key(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unkeyed(
            f"The signing key {path} does not open; check the file, and put its passphrase into "
            f"{PASSPHRASE} where it has one, or nothing where it has none."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unkeyed(f"{path} is no Ed25519 key; make one with `farm office key FILE`.")
    return SigningKey(key)


# --- signing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs for the office."""

    keys: tuple[SigningKey, ...]
    """Trusted from now on; each signs."""
    retiring: tuple[SigningKey, ...] = ()
    """These sign as well, so that stations that know only them learn of `keys`, and are not to be
    trusted any more then."""

    @property
    def trusted(self) -> tuple[bytes, ...]:
        """Raw public keys for `Statement.keys`."""
        return tuple(dict.fromkeys(one.public for one in self.keys))

    @property
    def known(self) -> tuple[bytes, ...]:
        """Raw public keys by which the office tells what it signed itself."""
        return tuple(dict.fromkeys(one.public for one in (*self.keys, *self.retiring)))

    def sign(self, statement: Statement) -> Envelope:
        """Raises ManifestError where a field cannot be right."""
        payload = statement_json(statement)
        data = pae(PAYLOAD_TYPE, payload)
        signing = {one.public: one for one in (*self.keys, *self.retiring)}
        return Envelope(PAYLOAD_TYPE, payload, tuple(one.sign(data) for one in signing.values()))


# --- verifying -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accepted:
    """The last statement a station accepted, as it keeps it."""

    library: str
    version: int
    number: int
    sha256: str
    """Of the snapshot."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a reader believes, and what it has believed before."""

    keys: tuple[bytes, ...]
    """Raw public keys."""
    accepted: Accepted | None = None
    """None before the first time."""

    def after(self, statement: Statement) -> "Trust":
        """With what was verified now: its keys, and nothing older."""
        return Trust(
            statement.keys,
            Accepted(statement.library, statement.version, statement.number, statement.sha256),
        )


def verify(signed: SignedPointer, trust: Trust, now: datetime) -> Statement:
    """The statement a pointer carries, where it is to be trusted; `now` knows its offset.

    Raises Distrusted with the reason, in Chinese and English.
    """
    statement = verify_origin(signed, trust.keys)
    if trust.accepted is not None:
        _check_order(statement, trust.accepted)
    _check_time(statement, now)
    return statement


def verify_origin(signed: SignedPointer, keys: Iterable[bytes]) -> Statement:
    """Who signed it and that it is whole, whenever that was. Raises Distrusted."""
    if signed.envelope is None:
        raise Distrusted(
            Doubt.UNSIGNED,
            "这个目录没有签名，没有使用；请向省办公室核对目录地址。",
            "This catalog is not signed and was not used; ask the office for the right address.",
        )
    envelope = signed.envelope
    _check_signers(envelope, tuple(keys))
    try:
        statement = read_statement(envelope.payload)
    except ManifestError as error:
        raise Distrusted(
            Doubt.UNREADABLE,
            "目录的签名声明无法读取；请升级本站程序。",
            "What was signed is of a format this program does not know; upgrade this station.",
        ) from error
    if not _signed_by(envelope, statement.keys):
        raise Distrusted(
            Doubt.KEY,
            "目录宣布的新密钥没有为它签名，没有使用；请联系省办公室。",
            "The keys this catalog announces have not signed it; it was not used: ask the office.",
        )
    pointer = signed.pointer
    said = (pointer.subject, pointer.release, pointer.path, pointer.sha256)
    if said != ("catalog", statement.number, statement.path, statement.sha256):
        raise mixed("catalog.json")
    return statement


def check_bytes(name: str, data: bytes, size: int, sha256: str) -> None:
    """Whether fetched bytes are what was signed. Raises Distrusted (mixed)."""
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise mixed(name)


def mixed(name: str) -> Distrusted:
    """Of an object that is not the one that was signed."""
    return Distrusted(
        Doubt.MIXED,
        f"{name} 与签名的目录不符，没有使用；请稍后再同步，仍然如此请联系省办公室。",
        f"{name} is not the one the catalog was signed with and was not used; sync again later, "
        "and tell the office if that stays so.",
    )


def _check_signers(envelope: Envelope, keys: tuple[bytes, ...]) -> None:
    if envelope.type != PAYLOAD_TYPE:
        raise Distrusted(
            Doubt.UNREADABLE,
            "签名的不是课件目录，没有使用；请核对目录地址。",
            "What was signed is no catalog of lessons and was not used; check the address.",
        )
    if _signed_by(envelope, keys):
        return
    if {fingerprint(key) for key in keys} & {one.keyid for one in envelope.signatures}:
        raise Distrusted(
            Doubt.SIGNATURE,
            "目录的签名不对：内容被改动过，没有使用；请稍后再同步，仍然如此请联系省办公室。",
            "The catalog's signature is wrong: somebody changed it, and it was not used; sync "
            "again later, and tell the office if that stays so.",
        )
    known = ", ".join(map(fingerprint, keys)) or "-"
    raise Distrusted(
        Doubt.KEY,
        f"目录由本站不认识的密钥签名（本站认识 {known}），没有使用；请向省办公室核对公钥。",
        f"The catalog is signed by a key this station does not know (it knows {known}) and was "
        "not used; ask the office for its public key.",
    )


def _signed_by(envelope: Envelope, keys: Iterable[bytes]) -> bool:
    """Whether a signature is right, of one of these keys."""
    data = pae(envelope.type, envelope.payload)
    return any(_is_of(key, one, data) for key in keys for one in envelope.signatures)


def _is_of(key: bytes, signature: Signature, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature.sig, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _check_order(statement: Statement, accepted: Accepted) -> None:
    if statement.library != accepted.library:
        raise Distrusted(
            Doubt.LIBRARY,
            "这是另一个课件库的目录，没有使用；换库请另用一个文件夹同步。",
            "This is the catalog of another library and was not used; sync another library into "
            "a folder of its own.",
        )
    if statement.version < accepted.version or statement.number < accepted.number:
        raise Distrusted(
            Doubt.OLDER,
            f"目录第 {statement.version} 次签名比本站已有的第 {accepted.version} 次旧，没有使用；"
            "请稍后再同步。",
            f"Signing {statement.version} of the catalog is older than {accepted.version}, which "
            "this station has, and was not used; sync again later.",
        )
    same = (statement.number, statement.sha256) == (accepted.number, accepted.sha256)
    if statement.version == accepted.version and not same:
        raise mixed("catalog.json")
    if statement.number == accepted.number and not same:
        raise mixed(statement.path)


def _check_time(statement: Statement, now: datetime) -> None:
    issued = statement.issued.date().isoformat()
    if now < statement.issued - CLOCK_SLACK:
        raise Distrusted(
            Doubt.CLOCK,
            f"本机时钟是 {now.date().isoformat()}，目录在 {issued} 才签名；请校正时钟后再同步。",
            f"This clock says {now.date().isoformat()}, and the catalog was signed on {issued}; "
            "set the clock right and sync again.",
        )
    if now > statement.expires:
        expired = statement.expires.date().isoformat()
        raise Distrusted(
            Doubt.EXPIRED,
            f"目录已在 {expired} 过期，没有使用；请检查时钟，或联系省办公室重新签名。",
            f"The catalog expired on {expired} and was not used; check this clock, or ask the "
            "office to sign it again.",
        )

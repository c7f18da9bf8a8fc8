"""The catalog as the office finds it: what is current, whether the office itself signed it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from farm.catalog import POINTER
from farm.errors import Distrusted, NotFound, StoreError
from farm.signing import verify_origin
from farm.store import Store
from manifests.catalog import read_catalog
from manifests.errors import ManifestError
from manifests.model import Pointer
from manifests.snapshot import Snapshot, cut, entry_text
from manifests.statement import SignedPointer, Statement, read_signed_pointer, read_statement


@dataclass(frozen=True, slots=True)
class Head:
    """`catalog/catalog.json` as it was read."""

    tag: str | None
    """Of this very version; None where there is no catalog yet."""
    pointer: Pointer | None
    statement: Statement | None
    """None where nobody has signed it."""

    @property
    def number(self) -> int:
        """Of the catalog release; 0 where there is none."""
        return self.pointer.release if self.pointer else 0

    @property
    def version(self) -> int:
        """Of the last signing; 0 where there was none."""
        return self.statement.version if self.statement else 0


NOTHING = Head(None, None, None)


def read_head(store: Store, keys: Iterable[bytes] | None) -> Head:
    """The current catalog, where the office itself signed it, or nobody.

    `keys`: the office's public keys; None believes what is there, for those who only look, or
    whose key is lost. Raises Distrusted where it is signed by others or was changed, and
    StoreError where it does not read: what the office signs next would vouch for it.
    """
    try:
        stored = store.get(POINTER)
    except NotFound:
        return NOTHING
    try:
        signed = read_signed_pointer(stored.data)
        statement = _statement(signed, keys)
    except ManifestError as error:
        raise StoreError(
            f"The catalog of {store.url} is damaged ({error}); put {POINTER} back from a copy."
        ) from error
    except Distrusted as error:
        raise Distrusted(
            error.doubt,
            error.zh,
            f"The catalog of {store.url} was not signed by the key in use: give the key that "
            "signed it as well, or say --key-lost where it is lost and stations get the new one.",
        ) from error
    return Head(stored.tag, signed.pointer, statement)


def _statement(signed: SignedPointer, keys: Iterable[bytes] | None) -> Statement | None:
    if signed.envelope is None:
        return None
    if keys is None:
        return read_statement(signed.envelope.payload)
    return verify_origin(signed, keys)


def read_snapshot(store: Store, head: Head) -> Snapshot | None:
    """The snapshot a head points to; None where there is none.

    Raises StoreError where it is not what the pointer, and with it the signature, says.
    """
    if head.pointer is None:
        return None
    name = f"catalog/{head.pointer.path}"
    data = store.get(name).data
    if hashlib.sha256(data).hexdigest() != head.pointer.sha256:
        raise StoreError(f"{name} is damaged: its hash is another one; put it back from a copy.")
    return snapshot_of(data, name)


def numbered_snapshot(store: Store, number: int) -> Snapshot:
    """Of any catalog release. Raises NotFound, and StoreError where it does not read."""
    name = f"catalog/releases/{number}.json"
    return snapshot_of(store.get(name).data, name)


def snapshot_of(data: bytes, name: str) -> Snapshot:
    """Cut, or read and written anew where it is of the first format. Raises StoreError."""
    try:
        try:
            return cut(data)
        except ManifestError:
            catalog = read_catalog(data)
            lessons = {one.lesson: entry_text(one) for one in catalog.lessons}
            top = {"format": "", "number": catalog.number, "previous": catalog.previous}
            return Snapshot(top, lessons)
    except ManifestError as error:
        raise StoreError(f"{name} is damaged ({error}); put it back from a copy.") from error

"""A draft becomes the current catalog: snapshot, deltas, then one signed, conditional swap.

Every step may be the last one before a crash: readers then see the old catalog whole, or the new
one. What is to follow the swap (`farm.office.settle`) is done again by whoever comes next.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from farm.catalog import POINTER
from farm.errors import Conflict, NotFound, Overtaken, StoreError, Unknown
from farm.office.draft import Draft
from farm.office.head import Head, numbered_snapshot, read_head
from farm.pointers import JSON, tries
from farm.settings import library_of
from farm.signing import Signer
from farm.store import Store
from manifests.catalog import snapshot
from manifests.delta import delta_json, delta_path
from manifests.errors import ManifestError
from manifests.model import Pointer
from manifests.snapshot import Snapshot, joined
from manifests.statement import DeltaLink, Statement, signed_pointer_json

DELTAS = 10
"""Earlier releases a delta is written from."""
LIFETIME = timedelta(days=30)
"""A station that is shown no newer signing for so long takes nothing any more."""
WORTH_IT = 0.5
"""Of the snapshot's bytes: a larger delta saves nobody anything."""
SMALL = 64 << 10
"""Bytes; a delta up to here is written whatever it saves."""


@dataclass(frozen=True, slots=True)
class Signing:
    """How the office signs."""

    signer: Signer
    now: datetime
    """It knows its offset from UTC."""
    lifetime: timedelta = LIFETIME
    version: int = 0
    """The last one given out, as the office remembers it beside the store: a store put back from
    an old copy must not give it out again, for stations refuse what is not newer."""
    number: int = 0
    """As `version`, of catalog releases."""
    key_lost: bool = False
    """Go over a catalog that others have signed, too."""

    @property
    def keys(self) -> tuple[bytes, ...] | None:
        """The keys the current catalog may be signed by; None: any."""
        return None if self.key_lost else self.signer.known


def release_catalog(store: Store, draft: Draft, signing: Signing) -> Statement:
    """Publish a draft; returns what was signed.

    Raises Overtaken where another catalog was released since the draft was made, Distrusted where
    the current one is signed by others, StoreError: nothing visible has then changed, and the same
    call may be made again.
    """

    def look() -> Head:
        head = read_head(store, signing.keys)
        if head.number != draft.replaces:
            raise Overtaken(
                f"Release {head.number} of the catalog was made meanwhile, over which nobody has "
                "looked at this one; look at the difference and release again."
            )
        return head

    head = look()
    statement = _written(store, draft, head, signing)
    return _signed(store, statement, signing, look)


def renew(store: Store, signing: Signing) -> Statement:
    """Sign the current catalog again: the same release, a higher version, a later end.

    Raises StoreError where nobody has signed it yet, Distrusted where others have.
    """

    for _ in tries("the pointer of the catalog"):
        head = read_head(store, signing.keys)
        if head.statement is None:
            raise StoreError(
                f"The catalog of {store.url} was never signed; make a release of it first."
            )
        done = _swapped(store, head, head.statement, signing)
        if done is not None:
            return done
    raise AssertionError("tries ends by raising")


# --- what is written before the swap -------------------------------------------------------------


def _written(store: Store, draft: Draft, head: Head, signing: Signing) -> Statement:
    """Snapshot and deltas into the store; returns what there is to sign, with times to come."""
    made, data = _write_snapshot(store, draft, head, max(head.number, signing.number) + 1)
    return Statement(
        library=library_of(store),
        version=1,
        number=made.number,
        path=f"releases/{made.number}.json",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        issued=signing.now,
        expires=signing.now + signing.lifetime,
        keys=signing.signer.trusted,
        deltas=tuple(_write_deltas(store, made, len(data))),
    )


def _write_snapshot(store: Store, draft: Draft, head: Head, number: int) -> tuple[Snapshot, bytes]:
    """Under the next free number: one that was left by somebody who ended before the swap is
    passed over, unless it holds the very same."""
    for _ in tries("the releases of the catalog"):
        made = snapshot(draft.lessons, number, head.number or None, draft.courses)
        data = joined(made)
        name = f"catalog/releases/{number}.json"
        try:
            store.put(name, data, type=JSON, if_absent=True)
        except Unknown:
            continue
        except Conflict:
            if store.get(name).data != data:
                number += 1
                continue
        return made, data
    raise AssertionError("tries ends by raising")


def _write_deltas(store: Store, made: Snapshot, size: int) -> Iterator[DeltaLink]:
    for earlier in _earlier(store, made):
        try:
            data = delta_json(earlier, made)
        except ManifestError:
            continue  # of a format of before: the whole is fetched
        if len(data) > max(SMALL, WORTH_IT * size):
            continue
        path = delta_path(earlier.number, made.number)
        _put(store, f"catalog/{path}", data)
        yield DeltaLink(earlier.number, path, hashlib.sha256(data).hexdigest(), len(data))


def _earlier(store: Store, made: Snapshot) -> Iterator[Snapshot]:
    """The releases that were current before, from the last one back, one in memory at a time."""
    number = made.previous
    for _ in range(DELTAS):
        if number is None:
            return
        try:
            found = numbered_snapshot(store, number)
        except NotFound:
            return
        yield found
        number = found.previous


def _put(store: Store, name: str, data: bytes) -> None:
    """Nothing that was signed has that name, unless it is the very same."""
    for _ in tries(name):
        try:
            store.put(name, data, type=JSON)
        except Unknown:
            continue
        return


# --- the swap ------------------------------------------------------------------------------------


def _signed(
    store: Store, statement: Statement, signing: Signing, look: Callable[[], Head]
) -> Statement:
    """Swap the pointer, again where somebody renewed it meanwhile."""
    for _ in tries("the pointer of the catalog"):
        head = _look_again(store, statement, signing, look)
        if isinstance(head, Statement):
            return head
        done = _swapped(store, head, statement, signing)
        if done is not None:
            return done
    raise AssertionError("tries ends by raising")


def _look_again(
    store: Store, statement: Statement, signing: Signing, look: Callable[[], Head]
) -> Head | Statement:
    """The head to go over; or what was signed, where the swap landed and its answer was lost."""
    found = read_head(store, signing.keys)
    if found.statement is not None and found.statement.sha256 == statement.sha256:
        return found.statement
    return look()


def _swapped(store: Store, head: Head, statement: Statement, signing: Signing) -> Statement | None:
    """One conditional write over `head`; None where it has to be read again."""
    now = signing.now.replace(microsecond=0)
    signed = replace(
        statement,
        version=max(head.version, signing.version) + 1,
        issued=now,
        expires=now + signing.lifetime,
        keys=signing.signer.trusted,
    )
    pointer = Pointer("catalog", signed.number, signed.path, signed.sha256, fence=0)
    data = signed_pointer_json(pointer, signing.signer.sign(signed))
    try:
        store.put(POINTER, data, type=JSON, if_absent=head.tag is None, if_match=head.tag)
    except (Conflict, Unknown):
        return None
    return signed

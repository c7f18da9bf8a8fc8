"""Does a store do what the farm relies on? Asked once, before anything is made."""

import uuid

from farm.errors import Conflict, StoreError, Unknown, Unsuitable
from farm.store.protocol import Store

TYPE = "text/plain"
TRIES = 5
"""Probes before a network that loses answers is given up."""


def probe_conditions(store: Store) -> None:
    """Writes, reads and removes one small object of `cache/`; raises Unsuitable where a write went
    through against its condition, or StoreError where the store cannot be used at all.

    An answer that is lost says nothing of the store: another object is asked for.
    """
    for _ in range(TRIES - 1):
        try:
            return _probe(store)
        except Unknown:
            continue
    return _probe(store)


def _probe(store: Store) -> None:
    name = f"cache/probe-{uuid.uuid4().hex}.txt"
    first = store.put(name, b"first", type=TYPE, if_absent=True)
    try:
        _refused(store, name, if_absent=True)
        second = store.put(name, b"second", type=TYPE, if_match=first)
        if second == first:
            raise Unsuitable(f"{store.url} gives two versions of an object the same tag.")
        _refused(store, name, if_match=first)
        if store.get(name).data != b"second":
            raise StoreError(f"{store.url} does not give back what was written; check the store.")
    finally:
        store.delete(name)


def _refused(
    store: Store, name: str, *, if_absent: bool = False, if_match: str | None = None
) -> None:
    try:
        store.put(name, b"third", type=TYPE, if_absent=if_absent, if_match=if_match)
    except Conflict:
        return
    raise Unsuitable(
        f"{store.url} does not honour conditional writes, so two runs could overwrite each other; "
        "use a local folder, AWS S3, R2, Ceph, SeaweedFS or versitygw."
    )

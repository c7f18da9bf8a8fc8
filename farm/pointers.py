"""A pointer says which release is current: read it, write a release, swap it. DESIGN: the store.

For lessons: `lessons/<lesson>/lesson.json` over `lessons/<lesson>/releases/<n>.json`.
"""

import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from farm.errors import Conflict, NotFound, Stale, StoreError, Unknown
from farm.store import Store
from manifests.errors import ManifestError
from manifests.model import Pointer, Release
from manifests.release import pointer_json, read_pointer, read_release

JSON = "application/json"
PATIENCE = 200
"""Tries before an object that others keep changing is given up."""
LONGEST_PAUSE = 0.2
"""Seconds between tries, at most: others are let through, and not all at one moment."""


@dataclass(frozen=True, slots=True)
class Current:
    """A pointer as it was read."""

    pointer: Pointer
    tag: str
    """Of this very version of it."""


def folder_of(lesson: str) -> str:
    return f"lessons/{lesson}/"


def read_current(store: Store, lesson: str) -> Current | None:
    """None where the lesson was never published. Raises StoreError where it does not read."""
    name = folder_of(lesson) + "lesson.json"
    try:
        stored = store.get(name)
        pointer = read_pointer(stored.data)
    except NotFound:
        return None
    except ManifestError as error:
        raise StoreError(
            f"{name} is damaged ({error}); remove it and run the recording again."
        ) from error
    return Current(pointer, stored.tag)


def read_numbered(store: Store, lesson: str, number: int) -> tuple[Release, str]:
    """A release and its sha256. Raises NotFound, and StoreError where it does not read."""
    name = folder_of(lesson) + release_path(number)
    data = store.get(name).data
    try:
        return read_release(data), hashlib.sha256(data).hexdigest()
    except ManifestError as error:
        raise StoreError(f"{name} is damaged ({error}); choose another release.") from error


def release_path(number: int) -> str:
    return f"releases/{number}.json"


def write_release(
    store: Store, lesson: str, after: int, build: Callable[[int], bytes]
) -> tuple[int, str]:
    """Write the next free number after `after`; returns it and the sha256.

    A number that holds the very same bytes is used as it is: a run that ended between its release
    and its pointer left it. One that holds other bytes is somebody else's, and is passed over.
    """
    number = after + 1
    for _ in tries(f"the releases of {lesson}"):
        data = build(number)
        digest = hashlib.sha256(data).hexdigest()
        name = folder_of(lesson) + release_path(number)
        try:
            store.put(name, data, type=JSON, if_absent=True)
        except Unknown:
            continue
        except Conflict:
            if store.get(name).data != data:
                number += 1
                continue
        return number, digest
    raise AssertionError("tries ends by raising")


def swap(
    store: Store, lesson: str, number: int, sha256: str, fence: int, over: Current | None
) -> None:
    """Point to a release, over that version of the pointer alone. Raises Stale where it carries a
    higher fence, Conflict or Unknown where it has to be read again."""
    if over and over.pointer.fence > fence:
        raise Stale(
            f"A newer run has published or tidied {lesson}; this one changed nothing. "
            "Run the command again if it should replace it."
        )
    pointer = Pointer(lesson, number, release_path(number), sha256, fence)
    store.put(
        folder_of(lesson) + "lesson.json",
        pointer_json(pointer),
        type=JSON,
        if_absent=over is None,
        if_match=over.tag if over else None,
    )


def tries(what: str) -> Iterator[int]:
    """Counts attempts, with a pause between them; raises StoreError when it is enough."""
    for attempt in range(PATIENCE):
        yield attempt
        time.sleep(random.random() * min(LONGEST_PAUSE, 0.002 * 2**attempt))  # noqa: S311 - no secret
    raise StoreError(f"Others keep changing {what}; run the same command again later.")


# --- leases --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lease:
    """`lease.json`: the last fence given out."""

    fence: int = 0
    collecting: int = 0
    """Fence of a collection at work: objects are being removed, nobody may begin to publish."""


def take_fence(store: Store, lesson: str) -> int:
    """A number higher than any given out for this lesson before.

    Raises StoreError while the lesson is being collected.
    """

    def next_one(lease: Lease) -> Lease:
        if lease.collecting:
            raise StoreError(
                f"{lesson} is being tidied by `farm collect`; wait for it to end, or run "
                "`farm collect` again if it was interrupted."
            )
        return replace(lease, fence=lease.fence + 1)

    return change_lease(store, lesson, next_one).fence


def change_lease(store: Store, lesson: str, change: Callable[[Lease], Lease]) -> Lease:
    """Replace the lease by one conditional write, again where others won."""
    name = folder_of(lesson) + "lease.json"
    for _ in tries(name):
        tag, lease = _read_lease(store, name)
        after = change(lease)
        try:
            store.put(name, _lease_json(after), type=JSON, if_absent=tag is None, if_match=tag)
        except (Conflict, Unknown):
            continue
        return after
    raise AssertionError("tries ends by raising")


def _lease_json(lease: Lease) -> bytes:
    """With a nonce: two who write the same number at once are told apart."""
    value: dict[str, Any] = {"fence": lease.fence, "nonce": uuid.uuid4().hex}
    if lease.collecting:
        value["collecting"] = lease.collecting
    return json.dumps(value).encode()


def _read_lease(store: Store, name: str) -> tuple[str | None, Lease]:
    try:
        stored = store.get(name)
        value = json.loads(stored.data)
        return stored.tag, Lease(int(value["fence"]), int(value.get("collecting", 0)))
    except NotFound:
        return None, Lease()
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{name} is damaged; remove it and run the same command again.") from error

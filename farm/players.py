"""`master.m3u8`: the pointer for players, in line with the lesson's pointer. See docs/store.md."""

from dataclasses import dataclass, replace

from farm.errors import Conflict, Unknown
from farm.pointers import Current, folder_of, read_current, read_numbered, tries
from farm.store import Store, Stored, get_or_none
from manifests.model import Object, Release
from manifests.withdrawn import withdrawn_playlist

MASTER = "master.m3u8"
KEPT = "master-"
"""How the name of a release's own copy begins."""


def kept_master(master: Object) -> Object:
    """A release's own copy of its `master.m3u8`: playable, for it lies in the same folder, and
    never changed."""
    return replace(master, path=f"{KEPT}{master.sha256[:12]}.m3u8")


def own_master(release: Release) -> Object | None:
    """The copy a release names; None where it is not streamed.

    Those of before lie in `media/`, from where their addresses lead nowhere: they are kept, and
    cannot be played.
    """
    master = next((one for one in release.objects if one.path == MASTER), None)
    if master is None:
        return None
    kept = kept_master(master)
    places = (kept, replace(kept, path=f"media/{kept.path}"))
    return next((one for one in places if one in release.objects), kept)


def settle(store: Store, lesson: str) -> None:
    """Bring `master.m3u8` in line with the pointer, whoever writes either meanwhile.

    It is read before the pointer, so a write over that version of it cannot replace a newer one.
    """
    folder = folder_of(lesson)
    for _ in tries(f"the playlist of {lesson}"):
        found = get_or_none(store, folder + MASTER)
        current = read_current(store, lesson)
        if current is None:
            return
        wanted = _wanted(store, lesson, current, found)
        if wanted is None or (found and found.data == wanted.data):
            if still(store, lesson, current):
                return
            continue
        try:
            store.put(
                folder + MASTER,
                wanted.data,
                type=wanted.type,
                if_absent=found is None,
                if_match=found.tag if found else None,
            )
        except (Conflict, Unknown):
            continue


def still(store: Store, lesson: str, current: Current) -> bool:
    """Whether the pointer is as it was read."""
    again = read_current(store, lesson)
    return again is not None and again.pointer == current.pointer


@dataclass(frozen=True, slots=True)
class _Wanted:
    data: bytes
    type: str


def _wanted(store: Store, lesson: str, current: Current, found: Stored | None) -> _Wanted | None:
    """The playlist of the release that is pointed to; None where it has none, and where there is
    none to take back."""
    if current.pointer.void:
        nothing = withdrawn_playlist()
        return _Wanted(nothing.text.encode(), nothing.type) if found else None
    kept = own_master(read_numbered(store, lesson, current.pointer.release)[0])
    if kept is None:
        return None
    return _Wanted(store.get(folder_of(lesson) + kept.path).data, kept.type)

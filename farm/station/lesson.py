"""One lesson, from the library to the station's shelf."""

import hashlib
import threading
from dataclasses import dataclass, replace

from farm.at_once import at_once
from farm.errors import Distrusted, FarmError
from farm.signing import mixed
from farm.station.fetch import Fetcher
from farm.station.model import Choice
from farm.station.part import Wanted
from farm.station.plan import Listed
from farm.station.products import Taken, refuse_places, take
from farm.station.shelf import Shelf
from farm.station.state import Held
from manifests.model import CatalogEntry, Object, Release
from manifests.release import read_release
from manifests.snapshot import entry_text, read_text

LARGEST_RELEASE = 64 << 20
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be done for a lesson; nothing of it shows yet."""

    listed: Listed
    taken: Taken
    office: bytes
    """The office's release, as it came."""
    missing: tuple[Object, ...]
    """Objects to be fetched."""

    @property
    def coming(self) -> int:
        """Bytes to be fetched."""
        return sum(one.size for one in self.missing)


def prepare(
    fetcher: Fetcher, shelf: Shelf, listed: Listed, choice: Choice, *, signed: bool
) -> Prepared | None:
    """Fetch the release and playlists; None where the lesson has nothing that was chosen.

    Raises Distrusted where the release is not the one the catalog was signed with, or leads
    elsewhere; ManifestError where it does not read.
    """
    entry = read_text(listed.text)
    office = _office_release(fetcher, shelf, entry, signed=signed)
    release = _checked(office, entry)

    def read(one: Object) -> str:
        if not shelf.has(entry.lesson, one):
            _fetch(fetcher, shelf, entry.lesson, one)
        return shelf.path(entry.lesson, one.path).read_text(encoding="utf-8")

    taken = take(release, entry, choice, read)
    if taken is None:
        return None
    missing = tuple(one for one in taken.objects if not shelf.has(entry.lesson, one))
    return Prepared(listed, taken, office, missing)


def bring(fetcher: Fetcher, shelf: Shelf, prepared: Prepared, connections: int) -> Held:
    """Fetch what is missing, then show it. Raises as `prepare` does; nothing has changed then for
    those who read."""
    lesson = prepared.listed.lesson
    faults: list[FarmError] = []
    lock = threading.Lock()

    def one_of(one: Object) -> None:
        if faults:
            return
        try:
            _fetch(fetcher, shelf, lesson, one)
        except FarmError as error:
            with lock:
                faults.append(error)

    with at_once(connections) as threads:
        list(threads.map(one_of, prepared.missing))
    if faults:
        raise next((one for one in faults if isinstance(one, Distrusted)), faults[0])
    sha256 = shelf.show(lesson, prepared.taken, prepared.office)
    entry = entry_text(replace(prepared.taken.entry, sha256=sha256))
    listed = prepared.listed
    return Held(
        lesson,
        prepared.taken.release.number,
        listed.key,
        prepared.taken.size,
        listed.moment,
        entry.decode(),
    )


def _office_release(fetcher: Fetcher, shelf: Shelf, entry: CatalogEntry, *, signed: bool) -> bytes:
    path = f"lessons/{entry.lesson}/releases/{entry.release}.json"
    if signed and entry.sha256 is None:
        raise mixed(path)
    kept = shelf.kept_release(entry.lesson, entry.release, entry.sha256)
    if kept is not None:
        return kept
    return fetcher.data(path, Wanted(None, entry.sha256, LARGEST_RELEASE))


def _checked(data: bytes, entry: CatalogEntry) -> Release:
    release = read_release(data)
    if (release.number, release.entry.lesson) != (entry.release, entry.lesson):
        raise mixed(f"lessons/{entry.lesson}/releases/{entry.release}.json")
    refuse_places(release)
    return release


def _fetch(fetcher: Fetcher, shelf: Shelf, lesson: str, one: Object) -> None:
    file = fetcher.file(f"lessons/{lesson}/{one.path}", Wanted(one.size, one.sha256))
    shelf.place(lesson, one, file)


def rotten(shelf: Shelf, held: Held) -> bool:
    """Whether anything of a lesson the station holds is missing, or other than it was."""
    entry = read_text(held.entry.encode())
    path = shelf.path(held.lesson, f"releases/{held.release}.json")
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            return True
        return not all(shelf.has(held.lesson, one) for one in read_release(data).objects)
    except OSError:
        return True

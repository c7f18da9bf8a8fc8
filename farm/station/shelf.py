"""The station's lessons on its disk, in a library's own layout: readers meet whole ones only.

A lesson's objects come first, then its release, then what leads there: `lesson.json`,
`master.m3u8`, the page; then the catalog. What goes, goes the other way round.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from farm.errors import NotFound, StoreError
from farm.players import MASTER
from farm.pointers import JSON
from farm.station.fetch import disk_fault
from farm.station.plan import moment_of
from farm.station.products import Taken
from farm.store.folder import FolderStore
from manifests.catalog import snapshot
from manifests.errors import ManifestError
from manifests.feed import NEWEST, feed_xml
from manifests.lesson_page import lesson_page
from manifests.model import Catalog, Object, Pointer, Text
from manifests.release import pointer_json, read_release, release_json
from manifests.schemas import schema_texts
from manifests.site import site_files
from manifests.snapshot import Snapshot, joined, published_in, read_text

CATALOG = "catalog/catalog.json"
KEPT = 2
"""Releases of the station's own catalog: a reader may have the pointer of before in its hands."""


class Shelf:
    """Raises StoreError where the disk fails."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._store = FolderStore(root)

    # --- objects ---

    def path(self, lesson: str, path: str) -> Path:
        return self._root / "lessons" / lesson / path

    def has(self, lesson: str, one: Object) -> bool:
        """Whether it is there, to the byte."""
        path = self.path(lesson, one.path)
        try:
            if path.stat().st_size != one.size:
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == one.sha256
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise disk_fault(error) from error

    def place(self, lesson: str, one: Object, file: Path) -> None:
        """Move a verified file to where it belongs."""
        path = self.path(lesson, one.path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with file.open("rb") as opened:
                os.fchmod(opened.fileno(), 0o644)
                os.fsync(opened.fileno())
            file.replace(path)
        except OSError as error:
            raise disk_fault(error) from error

    def kept_release(self, lesson: str, number: int, sha256: str | None) -> bytes | None:
        """The office's release, where the station has it as it is."""
        try:
            data = self.path(lesson, f"releases/{number}.json").read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    # --- a lesson appears ---

    def show(self, lesson: str, taken: Taken, office: bytes) -> str:
        """All its objects are there; returns the sha256 of its release. `office`: the office's."""
        folder = f"lessons/{lesson}/"
        number = taken.release.number
        data = office if taken.whole else release_json(taken.release)
        sha256 = hashlib.sha256(data).hexdigest()
        for text in taken.texts:
            self._write(folder + text.path, text.text.encode(), text.type)
        self._write(f"{folder}releases/{number}.json", data, JSON)
        pointer = Pointer(lesson, number, f"releases/{number}.json", sha256, fence=0)
        self._write(f"{folder}lesson.json", pointer_json(pointer), JSON)
        master = next((one for one in taken.texts if one.path.startswith("master-")), None)
        if master is not None:
            self._write(folder + MASTER, master.text.encode(), master.type)
        else:
            self._store.delete(folder + MASTER)
        page = lesson_page(taken.release)
        self._write(page.path, page.text.encode(), page.type)
        return sha256

    def has_catalog(self) -> bool:
        return (self._root / CATALOG).is_file()

    def publish(self, entries: Mapping[str, bytes]) -> None:
        """The station's own catalog and its pages, over what was there. `entries`: texts by id."""
        number = self._last() + 1
        made = snapshot(entries, number, number - 1 or None)
        # Feeds of courses are the office's; the station's own feed has its newest lessons.
        data = joined(Snapshot({**made.top, "courses": {}}, made.lessons))
        path = f"releases/{number}.json"
        self._write(f"catalog/{path}", data, JSON)
        sha256 = hashlib.sha256(data).hexdigest()
        pointer = Pointer("catalog", number, path, sha256, fence=0)
        self._write(CATALOG, pointer_json(pointer), JSON)
        for text in _pages(entries, number):
            self._write(text.path, text.text.encode(), text.type)
        for one in self._numbers():
            if one <= number - KEPT:
                self._store.delete(f"catalog/releases/{one}.json")

    def _numbers(self) -> list[int]:
        names = (self._root / "catalog" / "releases").glob("*.json")
        return [int(one.stem) for one in names if one.stem.isdecimal()]

    def _last(self) -> int:
        return max(self._numbers(), default=0)

    def _write(self, name: str, data: bytes, type: str) -> None:
        """Where it is not there already, so."""
        try:
            if self._store.get(name).data == data:
                return
        except NotFound:
            pass
        try:
            self._store.put(name, data, type=type)
        except StoreError as error:
            if isinstance(error.__cause__, OSError):  # said as a station says it
                raise disk_fault(error.__cause__) from error
            raise

    # --- and goes ---

    def remove(self, lesson: str) -> None:
        """No catalog leads to it any more."""
        for name in ("lesson.json", MASTER, "index.html"):
            self._store.delete(f"lessons/{lesson}/{name}")
        try:
            shutil.rmtree(self.path(lesson, ""), ignore_errors=False)
        except FileNotFoundError:
            return
        except OSError as error:
            raise disk_fault(error) from error

    def sweep(self, lesson: str, release: int) -> None:
        """Remove from a lesson's folder what its release does not name."""
        name = f"releases/{release}.json"
        try:
            named = read_release(self.path(lesson, name).read_bytes())
            kept = {one.path for one in named.objects}
            kept |= {name, "lesson.json", "index.html"}
            for path in _files(self.path(lesson, "")):
                if path.relative_to(self.path(lesson, "")).as_posix() not in kept:
                    path.unlink()
        except OSError as error:
            raise disk_fault(error) from error
        except ManifestError as error:
            raise StoreError(
                f"本站的 {lesson}/{name} 已损坏（{error}）；请用 --check 再同步。 "
                f"The station's {lesson}/{name} is damaged; sync again with --check."
            ) from error


def _files(folder: Path) -> Iterable[Path]:
    return [one for one in folder.rglob("*") if one.is_file() or one.is_symlink()]


def _pages(entries: Mapping[str, bytes], number: int) -> tuple[Text, ...]:
    """They list the newest alone, so no more are read."""
    newest = sorted(
        entries, key=lambda one: (moment_of(published_in(entries[one])), one), reverse=True
    )
    lessons = tuple(replace(read_text(entries[one]), sha256=None) for one in newest[:NEWEST])
    catalog = Catalog(number, None, lessons)
    return (*schema_texts(), feed_xml(catalog), *site_files(catalog))

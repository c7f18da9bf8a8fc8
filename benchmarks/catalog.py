"""A catalog of very many lessons: built, signed, with deltas from ten releases; and its pages."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from benchmarks.results import Catalogs
from farm.office.draft import plan_release
from farm.office.head import read_head, read_snapshot
from farm.office.pages import write_pages
from farm.office.release import DELTAS, Signing, release_catalog
from farm.office.since import touched_since
from farm.settings import make_office
from farm.signing import Signer, new_key
from farm.store import Store
from farm.store.folder import FolderStore
from manifests.model import CatalogEntry, Enclosure, Offer, Size
from manifests.statement import Statement

T = TypeVar("T")

COURSE = 20
"""Lessons of a course."""
CHANGES = 10
"""Lessons changed by a release."""


def catalogs(lessons: int, folder: Path) -> Catalogs:
    """Measured in a process of its own, for its memory."""
    command = [sys.executable, "-m", "benchmarks.catalog", str(lessons), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Catalogs(**json.loads(done.stdout))


def measure(lessons: int, folder: Path) -> Catalogs:
    store = FolderStore(folder / "library")
    make_office(store)
    how = Signing(Signer((new_key(folder / "key.pem"),)), datetime.now(UTC))
    wanted = {lesson(n): 1 for n in range(lessons)}
    first, _ = _timed(lambda: _release(store, how, wanted))
    for turn in range(DELTAS):
        for n in range(CHANGES):
            wanted[lesson((n * 7919 + turn) % lessons)] += 1
        later, made = _timed(lambda: _release(store, how, wanted))
    pages, _ = _timed(lambda: _pages(store, made.number - 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Catalogs(
        lessons=lessons,
        first=first,
        later=later,
        pages=pages,
        snapshot=made.size,
        delta=made.deltas[0].size,
        deltas=len(made.deltas),
        memory=peak,
    )


def _release(store: Store, how: Signing, wanted: dict[str, int]) -> Statement:
    """As the office does: what is current is read, what is new is entered."""
    before = read_snapshot(store, read_head(store, how.keys))
    return release_catalog(store, plan_release(before, wanted, entry), how)


def _pages(store: Store, since: int) -> None:
    target = read_snapshot(store, read_head(store, None))
    assert target is not None
    touched = touched_since(store, since, target)
    assert touched is not None
    write_pages(store, target, touched.courses, lambda: None)


def _timed(do: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    made = do()
    return time.perf_counter() - began, made


def lesson(n: int) -> str:
    return f"base{n % 11}-{n:012x}"


def entry(id: str, release: int) -> CatalogEntry:
    """As rich as a real one: four qualities, three products, a course."""
    n = int(id.rpartition("-")[2], 16)
    folder = f"lessons/{id}/"
    sound = f"{folder}media/audio-{n:012x}.mp3"
    sizes = ((426, 240, 40), (640, 360, 60), (854, 480, 90), (1280, 720, 180))
    return CatalogEntry(
        lesson=id,
        release=release,
        title=f"温室番茄的滴灌技术与日常管理 第 {n} 讲",
        base=f"生产基地 {n % 11}",
        category="agriculture",
        course=f"温室种植课程 {n // COURSE}",
        duration=Fraction(45_000 + n % 7, 25),
        master=f"{folder}master-{n:012x}.m3u8",
        poster=f"{folder}media/poster-{n:012x}.jpg",
        thumbnails=None,
        sizes=tuple(Size(f"{h}p", mb * 1_000_000 + n, w, h) for w, h, mb in sizes),
        languages=("zh",),
        published="2026-11-24",
        enclosure=Enclosure(sound, 14_000_000, "audio/mpeg"),
        number=n % COURSE + 1,
        speaker="王老师",
        offers=(
            Offer("audio", sound, 14_000_000, "audio/mpeg"),
            Offer("download", f"{folder}media/film-{n:012x}.mp4", 140_000_000, "video/mp4"),
            Offer("broadcast", f"{folder}media/tv-{n:012x}.ts", 640_000_000, "video/mp2t"),
        ),
        details=f"{folder}media/details-{n:012x}.json",
        chapters=7,
        sha256=f"{n * 1_000_003 + release:064x}",
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(measure(int(sys.argv[1]), Path(sys.argv[2])))))

"""A course fitted on discs: how full they are, and how good for their size."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from benchmarks import meter
from benchmarks.bench import Bench
from benchmarks.contestants import farm_command
from benchmarks.lectures import repeat
from benchmarks.quality import Title, by_hand, vmaf_by_hand, vmaf_on_disc
from benchmarks.results import Discs, Fill
from farm.disc.course import DvdLesson, dvd_lessons
from farm.disc.dvd import IMAGE, Course, MadeDisc, make_discs, model
from farm.disc.fit import AIM, FitLesson, floor_of, packed
from farm.disc.shelf import lessons_on_shelf
from farm.inspection import examine
from farm.model import Metadata
from farm.plan.ladder import display_size
from farm.recording import identify
from farm.store import open_store
from tests.farm_run import MEDIA

NAME = "Benchmark"
DISCS = 2
"""So many the capacity is chosen for."""
SHARES = (1 / 3, 1 / 2, 2 / 3)
"""Lengths of the lectures, of the short recording's."""
REAL = {"scr_chor2bspl_107s.mp4": 60.0, "aac51.mp4": 30.0}
"""A screencast and a film from the folder of the tests' recordings, where that is there, and the
seconds taken of them."""


@dataclass(frozen=True, slots=True)
class Made:
    """A course in a store, with the recordings of its lessons in its order."""

    lessons: tuple[DvdLesson, ...]
    titles: tuple[Title, ...]
    store: str


def discs(bench: Bench) -> Discs:
    with bench.scratch() as folder:
        made = _course(bench, folder)
        models = [model(one.parts) for one in made.lessons]
        room = _room(models)
        capacity = math.ceil((room + IMAGE) / AIM)
        fitted = _fitted(made, capacity, folder)
        fills = tuple(_fill(made, disc, capacity, folder) for disc in fitted)
        return Discs(fills, least=math.ceil(sum(map(floor_of, models)) / room))


def _room(models: Sequence[FitLesson]) -> int:
    """Bytes for lessons on a disc: halfway between all coarsest and all finest on `DISCS` discs."""
    floors = [floor_of(one) for one in models]
    finest = sum(one.fixed + packed(sum(one.qualities[0])) for one in models)
    return max(max(floors), (sum(floors) + finest) // 2 // DISCS)


def _course(bench: Bench, folder: Path) -> Made:
    recordings = _recordings(bench, folder)
    command = farm_command("run", *map(str, recordings), "--store", str(folder / "store"))
    command += ["--base", "bench", "--course", NAME, "--profile", "dvd"]
    meter.run([[*command, "--work", str(folder / "work"), "--json"]])
    store = open_store(str(folder / "store"))
    lessons = dvd_lessons(lessons_on_shelf(store, NAME), NAME)
    known = {identify(path, _nobody()).lesson: path for path in recordings}
    titles = tuple(_title(one, known[one.lesson], folder) for one in lessons)
    return Made(lessons, titles, store.url)


def _nobody() -> Metadata:
    return Metadata(title=None, base="bench")


def _recordings(bench: Bench, folder: Path) -> tuple[Path, ...]:
    short = bench.results.lengths.short
    found = [bench.lecture(round(short * share, 3)) for share in SHARES]
    if bench.results.full and MEDIA.is_dir():
        for name, seconds in REAL.items():
            path = folder / name
            repeat(MEDIA / name, seconds, path)
            found.append(path)
    return tuple(dict.fromkeys(found))


def _title(lesson: DvdLesson, recording: Path, folder: Path) -> Title:
    work = folder / "inspection"
    work.mkdir(exist_ok=True)
    facts = examine(identify(recording, _nobody()), work, lambda _: None)
    if facts.video is None:
        raise ValueError(f"{recording} has no picture; give a lecture that has.")
    parts = lesson.parts
    width, height = display_size(facts.video)
    return Title(
        recording=recording,
        shape=Fraction(width) / Fraction(height),
        matrix="bt601" if facts.video.color_space == "bt601" else "bt709",
        width=parts.width,
        height=parts.height,
        aspect=parts.aspect,
        rate=parts.rate,
        pictures=sum(gop.pictures for piece in parts.qualities[0] for gop in piece.gops),
        standard=parts.standard,
    )


def _fitted(made: Made, capacity: int, folder: Path) -> Iterator[MadeDisc]:
    work = folder / "discs"
    work.mkdir()
    return make_discs(
        open_store(made.store),
        Course(NAME, NAME.upper()),
        made.lessons,
        work=work,
        progress=lambda _step, _done: None,
        capacity=capacity,
    )


def _fill(made: Made, disc: MadeDisc, capacity: int, folder: Path) -> Fill:
    on_it = [
        title
        for lesson, title in zip(made.lessons, made.titles, strict=True)
        if lesson.lesson in disc.lessons
    ]
    image = disc.folder / disc.product.files[0].file.name
    size = image.stat().st_size
    naive = by_hand(on_it, size, folder)
    played = [vmaf_on_disc(image, n, title, folder) for n, title in enumerate(on_it, 1)]
    hand = [
        vmaf_by_hand(path, title, folder) for path, title in zip(naive.paths, on_it, strict=True)
    ]
    return Fill(
        capacity=capacity,
        size=size,
        ceiling=disc.ceiling,
        seconds=sum(title.seconds for title in on_it),
        vmaf=_mean(played, on_it),
        naive_size=naive.size,
        naive_vmaf=_mean(hand, on_it),
    )


def _mean(values: Sequence[float], titles: Sequence[Title]) -> float:
    """Over pictures."""
    pictures = sum(title.pictures for title in titles)
    weighted = zip(values, titles, strict=True)
    return sum(value * title.pictures for value, title in weighted) / pictures

"""`farm budget`: does a batch fit a channel, before anything is encoded?"""

import re
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import click

from farm.budget import DAY, Channel, Wanted, Window, plan_budget
from farm.catalog import POINTER
from farm.cli.options import existing_store, store_option
from farm.cli.plainly import counted
from farm.cli.schedule import clock, show_schedule, write_csv, write_json
from farm.errors import FarmError, NotFound, Refused, StoreError
from farm.inspection import examine, refusal
from farm.model import Metadata, clean_title, title_of
from farm.recording import identify
from manifests.catalog import read_catalog
from manifests.errors import ManifestError
from manifests.model import CatalogEntry
from manifests.plain import plain
from manifests.release import read_pointer

_RATE = re.compile(r"(\d+(?:\.\d+)?)([kM]?)")
_WINDOW = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)")
_FACTORS = {"": 1, "k": 1000, "M": 1_000_000}


class Rate(click.ParamType[int]):
    """Bits a second."""

    name = "rate"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        found = _RATE.fullmatch(str(value))
        rate = int(Fraction(found[1]) * _FACTORS[found[2]]) if found else 0
        if not rate:
            self.fail(f"{value!r} is no bit rate; write it as 800k, 1.5M or 800000.", param, ctx)
        return rate


class Hours(click.ParamType[Window]):
    """A window of a day."""

    name = "window"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Window:
        if isinstance(value, Window):
            return value
        found = _WINDOW.fullmatch(str(value))
        if not found:
            self.fail(f"{value!r} is no window of a day; write it as 08:00-11:30.", param, ctx)
        first, minute, last, second = (int(part) for part in found.groups())
        window = Window(first * 3600 + minute * 60, last * 3600 + second * 60)
        if max(minute, second) > 59 or window.stop > DAY:
            self.fail(f"{value!r} is no time of a day; it ends at 24:00.", param, ctx)
        if window.start >= window.stop:
            self.fail(
                f"{value!r} ends before it begins; over midnight give two, such as 22:00-24:00 "
                "and 00:00-02:00.",
                param,
                ctx,
            )
        return window


@click.command()
@click.argument("recordings", nargs=-1, metavar="[RECORDING...]", type=click.Path(path_type=Path))
@store_option
@click.option("--lesson", "ids", multiple=True, metavar="ID", help="A lesson of the store, by id.")
@click.option(
    "--course", help="Lessons of this course of the store; with RECORDINGs: the course they are."
)
@click.option(
    "--hours",
    type=click.FloatRange(0, 100_000, min_open=True),
    help="No lessons yet: so many hours of them.",
)
@click.option(
    "--length",
    type=click.IntRange(1, 600),
    default=45,
    show_default=True,
    help="Minutes of one lesson, with --hours.",
)
@click.option("--channel", type=Rate(), required=True, help="Bit rate of the whole channel: 2M.")
@click.option(
    "--rate",
    type=Rate(),
    default="800k",
    show_default=True,
    help="Bit rate of one programme, everything included.",
)
@click.option(
    "--window",
    "windows",
    type=Hours(),
    multiple=True,
    default=(Window(0, DAY),),
    show_default="all day",
    help="When the channel sends, each day: 08:00-11:30; may be given again.",
)
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The first day; tomorrow where none is given.",
)
@click.option(
    "--days", type=click.IntRange(1, 3660), default=7, show_default=True, help="How many days."
)
@click.option(
    "--gap",
    type=click.IntRange(0, 3600),
    default=60,
    show_default=True,
    help="Seconds between two lessons of a service.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="How often each lesson is sent.",
)
@click.option("--json", "form", flag_value="json", help="The whole answer as JSON.")
@click.option("--csv", "form", flag_value="csv", help="The schedule as CSV, for a spreadsheet.")
def budget(
    recordings: tuple[Path, ...],
    store: str,
    ids: tuple[str, ...],
    course: str | None,
    hours: float | None,
    length: int,
    channel: int,
    rate: int,
    windows: tuple[Window, ...],
    first: date | None,
    days: int,
    gap: int,
    repeats: int,
    form: str | None,
) -> None:
    """Say whether a batch of lessons fits a channel, and lay out its schedule.

    The lessons are RECORDINGs that were not encoded yet, or those of the store, or --hours of them.
    Exit status: 0 they fit; 1 they do not; 2 usage; 3 a recording was refused; 5 the store failed.
    """
    if recordings and (hours is not None or ids):
        raise click.UsageError("Give either RECORDINGs, or --hours, or lessons of the store.")
    begins = first or date.today() + timedelta(days=1)
    line = Channel(
        rate=channel,
        programme=rate,
        days=tuple(
            date(begins.year, begins.month, begins.day) + timedelta(days=n) for n in range(days)
        ),
        windows=windows,
        gap=gap,
    )
    if recordings:
        lessons = _recorded(recordings, course)
    elif hours is not None:
        lessons = _imagined(Fraction(str(hours)) * 3600, length * 60)
    else:
        lessons = _published(store, ids, course)
    made = plan_budget(lessons, line, repeats)
    {"json": write_json, "csv": write_csv}.get(form or "", show_schedule)(made)
    if not made.fits:
        raise FarmError(
            f"{counted(len(made.left_out), 'showing')} of {len(lessons) * repeats} do not fit: "
            f"{clock(made.missing)} are missing; add days or windows, or take a lower --rate. "
            f"排不下：还缺 {clock(made.missing)}，请增加天数或时段，或降低码率。"
        )


# --- what is to be sent --------------------------------------------------------------------------


def _recorded(paths: Sequence[Path], course: str | None) -> tuple[Wanted, ...]:
    """Each is inspected, as for `farm inspect`. Raises Refused."""
    found = []
    for path in paths:
        recording = identify(path, Metadata(title=title_of(path), base="local"))
        with tempfile.TemporaryDirectory(prefix="farm-budget-") as work:
            facts = examine(recording, Path(work), lambda _: None)
        if facts.refused or not facts.duration:
            raise Refused(f"{path}: {refusal(facts) or 'it has no duration.'}")
        name = clean_title(course) if course else None
        found.append(Wanted(recording.lesson, title_of(path), name, facts.duration))
    return tuple(found)


def _imagined(seconds: Fraction, length: int) -> tuple[Wanted, ...]:
    found: list[Wanted] = []
    while seconds > 0:
        number = len(found) + 1
        duration = min(seconds, Fraction(length))
        found.append(Wanted(f"lesson-{number}", f"Lesson {number} 第{number}课", None, duration))
        seconds -= duration
    return tuple(found)


def _published(url: str, ids: tuple[str, ...], course: str | None) -> tuple[Wanted, ...]:
    """As they were asked for, or else `in_order`. Raises StoreError."""
    store = existing_store(url)
    try:
        pointer = read_pointer(store.get(POINTER).data)
        entries = read_catalog(store.get(f"catalog/{pointer.path}").data).lessons
    except (ManifestError, NotFound) as error:
        raise StoreError(
            f"The catalog of {store.url} cannot be read; write it again with `farm catalog`."
        ) from error
    known = {entry.lesson: entry for entry in entries}
    unknown = [one for one in ids if one not in known]
    if unknown:
        raise click.UsageError(f"There is no lesson {unknown[0]} in {store.url}.")
    wanted = None if course is None else plain(course)
    courses = sorted({entry.course for entry in entries if entry.course})
    if wanted is not None and wanted not in courses:
        raise click.UsageError(
            f"There is no course {course!r} in {store.url}; there are: "
            f"{', '.join(courses) or 'none yet'}."
        )
    chosen = [known[one] for one in dict.fromkeys(ids)] if ids else in_order(entries)
    kept = [entry for entry in chosen if wanted is None or entry.course == wanted]
    if not kept:
        raise click.UsageError(f"There is no lesson of that kind in {store.url}.")
    return tuple(Wanted(entry.lesson, entry.title, entry.course, entry.duration) for entry in kept)


def in_order(entries: Sequence[CatalogEntry]) -> list[CatalogEntry]:
    """By date, the lessons of a course together from the date of its first one: by their numbers,
    those without one after them by title, as the catalog shows them."""
    begun: dict[str, str] = {}
    for entry in entries:
        if entry.course:
            begun[entry.course] = min(begun.get(entry.course, entry.published), entry.published)

    def place(entry: CatalogEntry) -> tuple[object, ...]:
        course = entry.course or ""
        date = begun.get(course, entry.published)
        if not course:
            return date, course, False, 0, (), entry.title, entry.lesson
        title = _counted_title(entry.title)
        return date, course, entry.number is None, entry.number or 0, title, "", entry.lesson

    return sorted(entries, key=place)


def _counted_title(title: str) -> tuple[tuple[str, int], ...]:
    """Compares by the numbers in it: lesson 2 before lesson 10."""
    parts = re.split(r"([0-9]+)", title)
    return tuple(
        (text, int(number)) for text, number in zip(parts[::2], [*parts[1::2], "0"], strict=True)
    )

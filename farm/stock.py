"""A table of old stock against the store: what is done, what is to do, and what cannot be."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from io import StringIO

from encoders.facts import Facts
from farm.categories import Bases
from farm.errors import FarmError
from farm.inspection import known_facts, refusal
from farm.metadata import profiles_of, remembered, said_about
from farm.model import Category, Recording
from farm.pointers import newest, read_numbered
from farm.recording import identify
from farm.request import Asked, Request, request_of
from farm.store import Store
from farm.table import Row
from manifests.model import Release

Inspect = Callable[[Recording], Facts]
Check = Callable[[tuple[str, ...]], str | None]


class State(StrEnum):
    NEW = "new"
    """Nothing is published of it."""
    MORE = "more"
    """Published without a profile that is wanted now."""
    UPDATE = "update"
    """Published with all profiles; something is said of it that was not before."""
    CHECK = "check"
    """Published; only a run tells whether its captions, intro and outro are in it."""
    DONE = "done"
    BAD = "bad"


WORDS: Mapping[State, str] = {
    State.NEW: "new 待制作",
    State.MORE: "more 待补充",
    State.UPDATE: "update 待更新",
    State.CHECK: "check 待核对",
    State.DONE: "done 已完成",
    State.BAD: "bad 有误",
}


@dataclass(frozen=True, slots=True)
class Item:
    row: Row
    state: State
    request: Request | None = None
    """None where it is bad."""
    recording: Recording | None = None
    profiles: tuple[str, ...] = ()
    """What it will have; empty where it is bad."""
    duration: Fraction | None = None
    """Seconds; None before an inspection."""
    why: str = ""
    """What is wrong with it."""

    @property
    def todo(self) -> bool:
        return self.state not in (State.DONE, State.BAD)


def survey(
    store: Store,
    rows: Sequence[Row],
    asked: Asked,
    bases: Bases,
    inspect: Inspect | None = None,
    check: Check = lambda _: None,
) -> Iterator[Item]:
    """Each row as it is looked at: its file is hashed, and inspected where that is asked for.

    `asked`: what holds for all rows, and wins over them. `check`: why profiles cannot be made
    together; None where they can.
    """
    seen: dict[str, int] = {}
    for row in rows:
        try:
            item = _look(
                store,
                row,
                request_of(row.path, row.name, asked, also=row.asked, bases=bases),
                inspect,
                check,
            )
        except FarmError as error:
            yield Item(row, State.BAD, why=str(error))
            continue
        lesson = item.recording.lesson if item.recording else ""
        first = seen.setdefault(lesson, row.line)
        if first == row.line:
            yield item
        else:
            why = f"The same recording is on line {first}; keep one. 与第 {first} 行是同一录像。"
            yield replace(item, state=State.BAD, why=why)


def _look(store: Store, row: Row, request: Request, inspect: Inspect | None, check: Check) -> Item:
    recording = identify(row.path, request.metadata)
    known = newest(store, recording.lesson)
    release = read_numbered(store, recording.lesson, known.pointer.release)[0] if known else None
    facts = known_facts(store, recording)
    if facts is None and inspect is not None:
        facts = inspect(recording)
    if facts is not None and facts.refused:
        return Item(row, State.BAD, request, recording, why=refusal(facts))
    profiles = request.wanted(profiles_of(release) if release else ())
    conflict = check(profiles)
    if conflict:
        return Item(row, State.BAD, request, recording, why=conflict)
    return Item(
        row=row,
        state=_state(store, request, recording, release, profiles),
        request=request,
        recording=recording,
        profiles=profiles,
        duration=release.entry.duration if release else facts.duration if facts else None,
    )


def _state(
    store: Store,
    request: Request,
    recording: Recording,
    release: Release | None,
    profiles: tuple[str, ...],
) -> State:
    if release is None:
        return State.NEW
    if not set(profiles_of(release)).issuperset(profiles):
        return State.MORE
    known = remembered(store, recording)
    if said_about(known, Category(release.entry.category)) != release.about:
        return State.UPDATE
    return State.CHECK if request.captions or request.intro or request.outro else State.DONE


# --- the report ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row."""

    line: int
    name: str
    lesson: str
    outcome: str
    """`done`, `published`, `failed`, `bad`, `left` (the run ended before it)."""
    release: int | None
    message: str


def report_csv(outcomes: Sequence[Outcome]) -> bytes:
    """For spreadsheets: UTF-8 with a mark; no cell of it is a formula to them."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(
        ("line 行", "file 文件", "lesson 课件", "outcome 结果", "release 版本", "message 说明")
    )
    for one in sorted(outcomes, key=lambda one: one.line):
        number = "" if one.release is None else str(one.release)
        cells = (str(one.line), one.name, one.lesson, one.outcome, number, one.message)
        writer.writerow([_inert(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig", "replace")


def _inert(cell: str) -> str:
    """https://owasp.org/www-community/attacks/CSV_Injection"""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

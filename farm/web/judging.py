"""What the office does with lessons: the same for pages and for programs."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from farm.errors import NotFound, StoreError
from farm.held import reject as reject_held
from farm.ledger import decisions, events, jobs, lessons
from farm.ledger.model import Decision, LessonRow
from farm.ledger.states import Verdict
from farm.pointers import read_numbered
from farm.web.sessions import Web, Who
from farm.web.sorry import Clash, Missing, Unclear
from farm.web.values import about_values
from manifests.model import Release

LONGEST = 1000
"""Characters of a reason."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in which a release differs from the last one that was approved."""

    name: str
    """A field of the metadata, or a profile."""
    before: str
    """Empty: it was not there."""
    after: str
    """Empty: it is gone."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A lesson as the office looks at it."""

    row: LessonRow
    release: Release | None
    """What waits, or else what is approved; None where it is not in the store any more."""
    before: Release | None
    """What is approved, where something else waits."""
    decided: tuple[Decision, ...]
    """The latest first."""

    @property
    def lines(self) -> tuple[Line, ...]:
        return compared(self.before, self.release) if self.before and self.release else ()


def any_lesson(web: Web, id: str) -> LessonRow:
    """Raises Missing."""
    with web.ledger.read() as tx:
        row = lessons.get(tx, id)
    if row is None:
        raise Missing
    return row


def judged(web: Web, row: LessonRow) -> Judged:
    with web.ledger.read() as tx:
        decided = decisions.of_lesson(tx, row.id)
    shown = row.waiting or row.approved or row.published
    before = row.approved if row.waiting is not None else None
    return Judged(row, _release(web, row.id, shown), _release(web, row.id, before), decided)


def _release(web: Web, lesson: str, number: int | None) -> Release | None:
    if number is None:
        return None
    try:
        return read_numbered(web.store, lesson, number)[0]
    except NotFound:
        return None


def compared(before: Release, after: Release) -> tuple[Line, ...]:
    """Metadata by field, products by profile, the duration."""
    old, new = _plain(before), _plain(after)
    names = dict.fromkeys((*old, *new))
    return tuple(
        Line(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name) != new.get(name)
    )


def _plain(release: Release) -> dict[str, str]:
    about = {name: _text(value) for name, value in about_values(release).items()}
    made = {one.profile: f"{one.size / 1e6:.1f} MB" for one in release.products}
    return {**about, "duration": f"{float(release.entry.duration):.1f} s", **made}


def _text(value: object) -> str:
    return "；".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


# --- verdicts ------------------------------------------------------------------------------------

# Rows are read and changed in one transaction: a job that ends meanwhile changes them too.


def approve(web: Web, who: Who, ids: Sequence[str], seen: Sequence[int] = ()) -> int:
    """What waits of these lessons goes into the next catalog, all of it or nothing; how many.

    `seen`: for each, the release somebody looked at. Raises Missing, Unclear, and Clash where
    another one waits by now, or none.
    """
    if seen and len(seen) != len(ids):
        raise Unclear(("每个课件应附版本号。 Give the release of each lesson.",))
    looked: Sequence[int | None] = seen or [None] * len(ids)
    wanted = dict(zip(ids, looked, strict=True))
    if not wanted:
        raise Unclear(("请先勾选课件。 Tick the lessons first.",))
    with web.ledger.begin() as tx:
        for id, release in wanted.items():
            row = _row(tx, id)
            number = _waiting(row, release)
            after = replace(row, approved=number, waiting=None, withdrawn=False)
            _decide(tx, who, after, number, Verdict.APPROVED, "")
    return len(wanted)


def reject(web: Web, who: Who, id: str, reason: str, seen: int | None = None) -> None:
    """What waits goes back to its base, with a reason. Raises as `approve` does, and Unclear."""
    said = _reason(reason)
    with web.ledger.begin() as tx:
        row = _row(tx, id)
        number = _waiting(row, seen)
        _decide(tx, who, replace(row, waiting=None), number, Verdict.REJECTED, said)
    try:
        reject_held(web.store, id, number)
    except StoreError as error:
        # The ledger is what counts; what is left is a pointer that leads nobody anywhere.
        log.warning("the store still holds release %s of %s as waiting: %s", number, id, error)


def withdraw(web: Web, who: Who, id: str, reason: str) -> None:
    """It is in no catalog from the next release on. Raises Missing, Clash, Unclear."""
    said = _reason(reason)
    with web.ledger.begin() as tx:
        row = _row(tx, id)
        release = row.approved or row.published
        if release is None or row.withdrawn:
            raise Clash("课件没有发布。", "It is not in the catalog, nor approved for it.")
        after = replace(row, approved=release, withdrawn=True)
        _decide(tx, who, after, release, Verdict.WITHDRAWN, said)


def restore(web: Web, who: Who, id: str) -> None:
    """What was withdrawn comes into the next catalog again. Raises Missing, Clash."""
    with web.ledger.begin() as tx:
        row = _row(tx, id)
        if not row.withdrawn or row.approved is None:
            raise Clash("课件没有撤下。", "It was not withdrawn.")
        _decide(tx, who, replace(row, withdrawn=False), row.approved, Verdict.RESTORED, "")


def _row(tx: Connection, id: str) -> LessonRow:
    row = lessons.get(tx, id)
    if row is None:
        raise Missing
    return row


def _waiting(row: LessonRow, seen: int | None) -> int:
    """The release that waits, where it is the one that was looked at. Raises Clash."""
    if row.waiting is None:
        raise Clash(f"{row.title}：没有待审批的内容。", f"Nothing of {row.id} waits.")
    if seen not in (None, row.waiting):
        raise Clash(
            f"{row.title}：查看后又有新版本，请重新查看。",
            f"Another release of {row.id} waits by now; look at it again.",
        )
    return row.waiting


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not 0 < len(reason) <= LONGEST:
        raise Unclear((f"请填写原因（不超过 {LONGEST} 字）。 Give a reason.",))
    return reason


def _decide(
    tx: Connection, who: Who, after: LessonRow, release: int, verdict: Verdict, reason: str
) -> None:
    now = time.time()
    lessons.put(tx, replace(after, updated=now))
    decisions.add(tx, after.id, release, verdict, now, reason, who.key.id)
    made = next(iter(jobs.of_lesson(tx, after.id)), None)
    data = {"lesson": after.id, "release": release, "verdict": verdict.value, "reason": reason}
    events.add(tx, "decided", data, job=made.id if made else None, base=after.base)

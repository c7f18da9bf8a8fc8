"""What the office does with lessons: the same for pages and for programs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from farm.errors import NotFound
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


def approve(web: Web, who: Who, ids: Sequence[str]) -> int:
    """What waits of these lessons goes into the next catalog; how many. Raises Missing, Clash."""
    rows = [any_lesson(web, id) for id in ids]
    for row in rows:
        if row.waiting is None:
            raise Clash(f"{row.title}：没有待审批的内容。", f"Nothing of {row.id} waits.")
    for row in rows:
        release = row.waiting or 0
        after = replace(row, approved=release, waiting=None, withdrawn=False)
        _decide(web, who, after, release, Verdict.APPROVED, "")
    return len(rows)


def reject(web: Web, who: Who, id: str, reason: str) -> None:
    """What waits goes back to its base, with a reason. Raises Missing, Clash, Unclear."""
    row = any_lesson(web, id)
    if row.waiting is None:
        raise Clash("没有待审批的内容。", "Nothing of it waits for approval.")
    reject_held(web.store, id, row.waiting)
    _decide(web, who, replace(row, waiting=None), row.waiting, Verdict.REJECTED, _reason(reason))


def withdraw(web: Web, who: Who, id: str, reason: str) -> None:
    """It is in no catalog from the next release on. Raises Missing, Clash, Unclear."""
    row = any_lesson(web, id)
    release = row.approved or row.published
    if release is None or row.withdrawn:
        raise Clash("课件没有发布。", "It is not in the catalog, nor approved for it.")
    _decide(web, who, replace(row, withdrawn=True), release, Verdict.WITHDRAWN, _reason(reason))


def restore(web: Web, who: Who, id: str) -> None:
    """What was withdrawn comes into the next catalog again. Raises Missing, Clash."""
    row = any_lesson(web, id)
    if not row.withdrawn or row.approved is None:
        raise Clash("课件没有撤下。", "It was not withdrawn.")
    _decide(web, who, replace(row, withdrawn=False), row.approved, Verdict.RESTORED, "")


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not 0 < len(reason) <= LONGEST:
        raise Unclear((f"请填写原因（不超过 {LONGEST} 字）。 Give a reason.",))
    return reason


def _decide(
    web: Web, who: Who, after: LessonRow, release: int, verdict: Verdict, reason: str
) -> None:
    now = time.time()
    with web.ledger.begin() as tx:
        lessons.put(tx, replace(after, updated=now))
        decisions.add(tx, after.id, release, verdict, now, reason, who.key.id)
        made = next(iter(jobs.of_lesson(tx, after.id)), None)
        data = {"lesson": after.id, "verdict": verdict.value, "reason": reason}
        events.add(tx, "decided", data, job=made.id if made else None, base=after.base)

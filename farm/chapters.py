"""The chapters of a lesson, from the changes found in its chunks."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from encoders.changes import SAME_TRANSITION, differs
from encoders.product import Chapter
from encoders.tasks import Artifact, Change, Changes

APART = Fraction(30)
"""Seconds from one chapter that was found to the next, at least."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A change, whichever chunk or seam it was found in."""

    time: Fraction
    score: float
    picture: Artifact | None


def chapters(
    spans: Sequence[Changes], duration: Fraction, own: Sequence[tuple[Fraction, str]] = ()
) -> tuple[Chapter, ...]:
    """Of a lesson of `duration` seconds; `spans` are those of all chunks, in order.

    The first begins at zero. `own` are starts (lesson clock, seconds) and titles the recording
    came with: where there are any, they win. A lesson without a change has one chapter; it is never
    cut evenly. Raises ValueError where a span's ends cannot be read.
    """
    turns = [turn for turn in changes_of(spans) if 0 < turn.time < duration]
    opening = next((one.opening for one in spans if one.opening is not None), None)
    seen = [Turn(Fraction(0), 1.0, opening), *turns]
    named = _named(own, duration)
    if named:
        return tuple(Chapter(start, title, _picture_at(seen, start)) for start, title in named)
    return tuple(
        Chapter(turn.time, numbered(number), turn.picture)
        for number, turn in enumerate((seen[0], *_thinned(turns)), 1)
    )


def numbered(number: int) -> str:
    return f"第 {number} 节 · Part {number}"


def changes_of(spans: Sequence[Changes]) -> list[Turn]:
    """All changes in order, those at seams among them; of one transition there is one."""
    turns: list[Turn] = []
    tail = ""
    for span in spans:
        if tail and span.head:
            seam = differs(tail, span.head)
            if seam is not None:
                _add(turns, Turn(seam.time, seam.score, span.opening))
        for change in span.found:
            _add(turns, _turn(change))
        tail = span.tail or tail
    return turns


def _turn(change: Change) -> Turn:
    return Turn(change.time, change.score, change.picture)


def _add(turns: list[Turn], turn: Turn) -> None:
    """A transition under way goes on in `turn`: it began before, and ends with its picture."""
    if turns and turn.time - turns[-1].time < SAME_TRANSITION:
        before = turns.pop()
        turn = Turn(
            min(before.time, turn.time),
            max(before.score, turn.score),
            turn.picture or before.picture,
        )
    turns.append(turn)


def _thinned(turns: Sequence[Turn]) -> list[Turn]:
    """Those, `APART` from each other and from zero, that are the surest when taken together."""
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for index, turn in enumerate(turns):
        without = best[-1]
        if turn.time < APART:
            best.append(without)
            continue
        last = bisect_right(turns, turn.time - APART, key=lambda other: other.time)
        score, chosen = best[last]
        taken = (score + turn.score, (*chosen, index))
        best.append(taken if taken[0] > without[0] else without)
    return [turns[index] for index in best[-1][1]]


def _named(own: Sequence[tuple[Fraction, str]], duration: Fraction) -> list[tuple[Fraction, str]]:
    """In order, one a start, the first at zero, each with a title."""
    titles: dict[Fraction, str] = {}
    for start, title in sorted(own, key=lambda one: one[0]):
        at = max(start, Fraction(0))
        if at < duration:
            titles[at] = title.strip() or titles.get(at, "")
    if titles and Fraction(0) not in titles:
        titles = {Fraction(0): "", **titles}
    return [
        (start, title or numbered(number))
        for number, (start, title) in enumerate(titles.items(), 1)
    ]


def _picture_at(seen: Sequence[Turn], start: Fraction) -> Artifact | None:
    """Of what is shown when a chapter begins, or has just begun to come."""
    shown = [turn for turn in seen if turn.time <= start + SAME_TRANSITION]
    return next((turn.picture for turn in reversed(shown) if turn.picture is not None), None)

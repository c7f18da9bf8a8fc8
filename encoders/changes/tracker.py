"""Tells the changes in a row of small pictures: what differs, for long enough, from before.

A picture is compared with the one before it (a cut) and with the one a good second before (a
fade), and in both cases the change must last. Blocks that are always in motion are left out: a
speaker, a video in a slide. Where all is in motion, as in a film, a cut must stand out from the
motion before and after it. Nothing depends on more than a few seconds to either side, so that two
halves of a lecture tell what the whole would.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from encoders.changes.arrival import Arrival
from encoders.changes.compare import (
    DIFFERS,
    NO_DIFFERENCE,
    Compared,
    Difference,
    compare,
    difference,
)
from encoders.changes.look import BLOCKS, COLUMNS, ROWS, Look, Mask, count

TICKS = 5
"""A second: how often pictures are looked at."""
BEHIND, AHEAD = 20, 10
"""Ticks around a picture that tell which blocks are always in motion."""
FAR = 8
"""Ticks a fade may take."""
LASTS = (2, 4, 6)
"""Ticks after which a cut must still be one: no flash."""
SETTLED = 3
"""Ticks without a cut after which a picture that came by a fade is there."""
WAITS = 10
"""Ticks after which what only moves is no longer expected to come to rest."""
SHOWN = 5
"""Ticks after which a change is pictured."""

_ALWAYS = 0.6
"""Share of the seconds around in which a block changed, to be always in motion."""
_WHOLE = 0.7
"""Share of the structure that is always in motion, from which none of it is left out."""
_RESTLESS = 0.2
"""Share that changes from picture to picture in motion, and much less in a fade."""
_AROUND = 6
"""Ticks to either side a cut must stand out from."""
_STANDS_OUT = 3.0
_SCROLLED = 3
"""Samples a picture moved up or down by in one step that is still the same."""
_REST = 4.0
"""Steps of tone between two pictures of what is at rest, with a speaker in it."""
_LEAST_DISTANCE = 8.0
"""Steps of tone a cut in a film has at least."""

SAME_TRANSITION = Fraction(FAR, TICKS)
"""Seconds within which a second change is part of the first."""

NOTHING: Mask = np.zeros((ROWS, COLUMNS), np.bool_)
_NONE = bytes(BLOCKS // 8)


@dataclass(frozen=True, slots=True)
class Step:
    """A picture that was looked at."""

    tick: int
    """Of the lesson clock."""
    arrival: Arrival
    """Where this picture began to be shown, as near as is known."""
    look: Look


@dataclass(frozen=True, slots=True)
class Seen:
    """A step with how it differs from the one before."""

    step: Step
    difference: Difference
    unlike: bytes
    """Blocks that are not as before, a bit each."""
    restless: float
    """Share of the structure that changed, wherever it went."""


@dataclass(frozen=True, slots=True)
class End:
    """What a neighbour has to know of what is shown at an end."""

    step: Step
    pending: Step | None
    """What came after it, for too short to tell."""
    ignored: Mask
    restless: float
    distance: float


@dataclass(slots=True)
class Turn:
    """A change, and the picture it is known by so far."""

    begin: Step
    score: float
    shown: Any
    """As given to `Tracker.add`."""


def stands_out(share: float, apart: float, restless: float, distance: float) -> bool:
    """Whether what changed is more than the motion around, in structure or in tone."""
    return share >= 2 * restless or apart >= max(_LEAST_DISTANCE, _STANDS_OUT * distance)


def _median(values: Sequence[float]) -> float:
    """Of a few: numpy's takes longer to be loaded than all else here for a minute of lecture."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _moves(restless: float, distance: float) -> bool:
    """Whether pictures so far apart in structure and tone are in motion as a whole."""
    return restless > _RESTLESS or distance > _REST / 2


def sure(share: float) -> float:
    """How sure a change is of which that share of the structure has gone; 0 to 1."""
    return round(min(1.0, max(0.0, (share - DIFFERS / 2) / (1 - DIFFERS / 2))), 3)


class Tracker:
    def __init__(self, told: Callable[[Turn], None]) -> None:
        """`told` is called with each change, in order, once its picture is final."""
        self._told = told
        self._window: deque[Seen] = deque()
        self._next = 0
        """Index in the window of the step to judge next."""
        self._pictures: deque[Any] = deque()
        """Of the steps from there on; of those before none are kept."""
        self._matched: deque[Step] = deque()
        """What shows the same as is shown now, of the last `FAR` ticks."""
        self._pending: Step | None = None
        self._calm: Step | None = None
        self._turn: Turn | None = None
        self._changed = False
        self._first = 0
        """Tick of the first picture that was not blank."""
        self.head: End | None = None
        self.opening: Any = None
        """What is shown at the beginning, once it is settled, as given to `add`."""

    def add(self, step: Step, picture: Any) -> None:
        """`picture` is what the change may be pictured by; it is not looked into."""
        self._window.append(self._seen(step))
        self._pictures.append(picture)
        while (
            self._next < len(self._window)
            and self._window[self._next].step.tick + AHEAD <= step.tick
        ):
            self._judge_next()
        while self._window[0].step.tick < self._window[self._next - 1].step.tick - BEHIND:
            self._window.popleft()
            self._next -= 1

    def finish(self) -> "End | None":
        """The end of it all, None where everything was blank."""
        while self._next < len(self._window):
            self._judge_next()
        self._tell()
        shown = self._last_shown(len(self._window))
        if shown is None:
            return None
        last, moving = len(self._window) - 1, self._in_motion(len(self._window) - 1)
        return End(
            shown if moving or not self._matched else self._matched[0],
            None if moving else self._pending,
            self._ignored(shown),
            *self._motion(last - _AROUND, last),
        )

    def _motion(self, first: int, last: int) -> tuple[float, float]:
        """Median restlessness and distance from picture to picture; the first has none."""
        around = list(self._window)[max(1, first) : last + 1]
        if not around:
            return 0.0, 0.0
        return (
            _median([seen.restless for seen in around]),
            _median([seen.difference.distance for seen in around]),
        )

    def _seen(self, step: Step) -> Seen:
        before = self._window[-1].step.look if self._window else step.look
        if before is step.look:
            return Seen(step, NO_DIFFERENCE, _NONE, 0.0)
        apart = difference(before, step.look)
        unlike = apart.unlike(before, step.look)
        structure = before.textured | step.look.textured
        restless = count(unlike & structure) / max(1, count(structure))
        return Seen(step, apart, np.packbits(unlike).tobytes(), restless)

    def _judge_next(self) -> None:
        index, self._next = self._next, self._next + 1
        step, picture = self._window[index].step, self._pictures.popleft()
        if step.look.blank:
            self._pending = None
            return
        ignored = self._ignored(step)
        if self.head is None:
            self.head = End(step, None, ignored, *self._motion(index, index + _AROUND))
            self.opening, self._first = picture, step.tick
            self._begin(step)
            return
        changed = self._judge(index, step, ignored)
        if self._turn is not None and (changed or step.tick - self._turn.begin.tick <= SHOWN):
            self._turn.shown = picture
        elif not self._changed and step.tick - self._first <= SHOWN:
            self.opening = picture
            self._settle(step, self.head)

    def _settle(self, step: Step, head: End) -> None:
        """A fade may still be under way as a span begins: what it ends with is what counts."""
        if not _moves(head.restless, head.distance):
            self.head = replace(head, step=replace(step, arrival=head.step.arrival))

    def _judge(self, index: int, step: Step, ignored: Mask) -> bool:
        """Whether a change is done with this step."""
        cut = self._cut(index, ignored)
        if cut is not None:
            self._change(step, cut, step)
            return True
        far = compare(self._matched[0].look, step.look, ignored)
        if not far.differs:
            self._pending = None
            self._match(step)
            return False
        if self._pending is None:
            self._pending = step
        waited = step.tick - self._pending.tick
        if waited >= SETTLED and self._at_rest(index, ignored):
            self._change(self._pending, far.share, step)
            return True
        if waited >= WAITS and self._in_motion(index):
            self._begin(step)
        return False

    def _cut(self, index: int, ignored: Mask) -> float | None:
        """How sure it is that this step cuts off what was before; None where it does not."""
        before = self._last_shown(index)
        if before is None:
            return None
        step = self._window[index].step
        adjacent = index > 0 and self._window[index - 1].step is before
        known = self._window[index].difference if adjacent else None
        near = compare(before.look, step.look, ignored, known)
        if abs(near.shift[0]) >= _SCROLLED and self._pending is None:
            self._begin(step)
        if not near.differs:
            return None
        self._calm = step
        if not self._stands_out(index, before, near):
            return None
        for now in (step, *self._later(index)):
            if not compare(self._matched[0].look, now.look, ignored).differs:
                return None
        return near.share

    def _last_shown(self, index: int) -> Step | None:
        for before in range(index - 1, -1, -1):
            step = self._window[before].step
            if not step.look.blank:
                return step
        return self._matched[-1] if self._matched else None

    def _stands_out(self, index: int, before: Step, near: Compared) -> bool:
        step = self._window[index].step
        around = [
            seen
            for number, seen in enumerate(self._window)
            if number not in (index, 0) and abs(seen.step.tick - step.tick) <= _AROUND
        ]
        if not around:
            return True
        return stands_out(
            near.share,
            difference(before.look, step.look).distance,
            _median([seen.restless for seen in around]),
            _median([seen.difference.distance for seen in around]),
        )

    def _later(self, index: int) -> list[Step]:
        tick = self._window[index].step.tick
        return self._shown(tick + ticks for ticks in LASTS)

    def _shown(self, ticks: Iterable[int]) -> list[Step]:
        """What is shown then, as far as it is in the window and not blank."""
        first, last = self._window[0].step.tick, self._window[-1].step.tick
        found = []
        for tick in ticks:
            if first <= tick <= last:
                step = next(s.step for s in reversed(self._window) if s.step.tick <= tick)
                found += [] if step.look.blank else [step]
        return found

    def _in_motion(self, index: int) -> bool:
        step = self._window[index].step
        recent = [seen for seen in self._window if 0 <= step.tick - seen.step.tick < FAR]
        moving = sum(_moves(seen.restless, seen.difference.distance) for seen in recent)
        return 2 * moving >= len(recent)

    def _at_rest(self, index: int, ignored: Mask) -> bool:
        """Whether this step stays as it is, and what was before it had stayed: no pan, no zoom."""
        step, before = self._window[index].step, self._matched[0]
        if self._calm is not None and step.tick - self._calm.tick < SETTLED:
            return False
        pairs = [(step, later) for later in self._later(index)]
        pairs += [(earlier, before) for earlier in self._shown(before.tick - n for n in LASTS)]
        if any(difference(one.look, other.look).distance > _REST for one, other in pairs):
            return False
        compared = [compare(one.look, other.look, ignored) for one, other in pairs]
        return not any(one.differs or one.moved for one in compared)

    def _ignored(self, step: Step) -> Mask:
        """Blocks always in motion around `step`, unless that is nearly all there is."""
        seconds: dict[int, int] = {}
        for seen in self._window:
            if -BEHIND <= seen.step.tick - step.tick <= AHEAD:
                second = seen.step.tick // TICKS
                seconds[second] = seconds.get(second, 0) | int.from_bytes(seen.unlike)
        if not any(seconds.values()):
            return NOTHING
        bits = b"".join(unlike.to_bytes(len(_NONE)) for unlike in seconds.values())
        changed = np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(-1, ROWS, COLUMNS)
        always: Mask = changed.sum(axis=0) >= max(2, _ALWAYS * len(seconds))
        structure = step.look.textured
        if count(always & structure) >= _WHOLE * max(1, count(structure)):
            return NOTHING
        return always

    def _match(self, step: Step) -> None:
        self._matched.append(step)
        while len(self._matched) > 1 and step.tick - self._matched[1].tick >= FAR:
            self._matched.popleft()

    def _begin(self, step: Step) -> None:
        self._matched = deque([step])
        self._pending = None

    def _change(self, begin: Step, share: float, step: Step) -> None:
        """One that begins while another is under way is part of it."""
        self._changed, score = True, sure(share)
        if self._turn is not None and begin.tick - self._turn.begin.tick < FAR:
            self._turn.score = max(score, self._turn.score)
        else:
            self._tell()
            self._turn = Turn(begin, score, None)
        self._begin(step)

    def _tell(self) -> None:
        if self._turn is not None:
            self._told(self._turn)
        self._turn = None

"""Captions for what can show one thing at a time: burnt-in text, DVD subpictures, MP4 text."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from encoders.tasks import Caption

_TOGETHER = 3
"""Captions shown at a time, as for `encoders.captions.check`; a recording's own may hold more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on the screen from one change to the next."""

    start: Fraction
    stop: Fraction
    """Half-open, lesson clock, seconds."""
    text: str
    """WebVTT cue text of all that is shown, the earlier caption above."""


def flattened(captions: Sequence[Caption]) -> tuple[Shown, ...]:
    """Spans in order that do not overlap, each as long as nothing changes; gaps are left out."""
    ordered = sorted(captions, key=lambda caption: (caption.start, caption.stop))
    edges = sorted({edge for one in ordered for edge in (one.start, one.stop)})
    waiting = deque(ordered)
    active: list[Caption] = []
    spans: list[Shown] = []
    for edge, until in pairwise(edges):
        active = [one for one in active if one.stop > edge]
        while waiting and waiting[0].start <= edge:
            following = waiting.popleft()
            if len(active) < _TOGETHER:
                active.append(following)
        if active:
            text = "\n".join(one.text for one in active)
            spans.append(Shown(edge, until, text))
    return tuple(spans)

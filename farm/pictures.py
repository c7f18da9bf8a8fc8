"""What the full picture check says: spans joined across chunks, as findings. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from encoders.facts import Facts, Finding
from encoders.findings import finding
from encoders.tasks import Span
from farm.notes import Pictures

LEAST_BLACK = Fraction(2)
"""Seconds: shorter ones are cuts and fades."""
LEAST_STILL = Fraction(120)
"""Seconds: slides stand still; two minutes without a pointer's move may be a frozen grabber."""


def picture_findings(pictures: Sequence[Pictures], facts: Facts) -> tuple[Finding, ...]:
    """Findings of black and still pictures, in place of those the sampled pictures gave."""
    black = joined(span for one in pictures for span in one.black)
    still = joined(span for one in pictures for span in one.still)
    sampled = [one for one in facts.findings if one.code not in ("black-picture", "still-picture")]
    return (
        *sampled,
        *_findings("black-picture", black, LEAST_BLACK),
        *_findings("still-picture", still, LEAST_STILL),
    )


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans that touch become one; `spans` in order of time."""
    held: Span | None = None
    for span in spans:
        if held is not None and span.start <= held.stop:
            held = Span(held.start, max(held.stop, span.stop))
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held


def _findings(code: str, spans: Iterable[Span], least: Fraction) -> Iterator[Finding]:
    for span in spans:
        if span.stop - span.start >= least:
            yield finding(code, start=span.start, stop=span.stop)

"""Chapters the recording came with."""

from fractions import Fraction

from av.container import InputContainer

from encoders.facts import Mark

MOST = 200
"""Chapters; a file with more marks something else by them."""
LONGEST = 200
"""Characters of a title."""


def chapters_of(container: InputContainer, origin: Fraction) -> tuple[Mark, ...]:
    """In order; none where there is but one, which says nothing."""
    found = container.chapters()
    if not 1 < len(found) <= MOST:
        return ()
    marks = (
        Mark(max(Fraction(0), one["start"] * one["time_base"] - origin), _title(one["metadata"]))
        for one in found
        if one["time_base"]
    )
    return tuple(sorted(marks, key=lambda mark: mark.start))


def _title(metadata: dict[str, str]) -> str:
    return " ".join(metadata.get("title", "").split())[:LONGEST]

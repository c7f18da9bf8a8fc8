"""A caption as its file has it, before it is judged."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Raw:
    line: int
    """Of the file, from 1: where its time stands."""
    start: Fraction
    stop: Fraction
    """Seconds, as the file says; the stop may lie before the start."""
    length: int
    """Characters the file has for it."""
    text: str
    """WebVTT cue text; empty where nothing shows."""

"""Times as caption files have them, and as WebVTT has them."""

import re
from fractions import Fraction

_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,9})|:(\d{3}))?")
_WIDE = str.maketrans("０１２３４５６７８９：，．。", "0123456789:,..")
"""Full-width digits and marks, as an input method leaves them."""


def narrowed(text: str) -> str:
    return text.translate(_WIDE)


def seconds_of(text: str) -> Fraction | None:
    """Seconds of `1:02:03,400`, `02:03.4` and the like; None where it is no time."""
    match = _TIME.fullmatch(narrowed(text.strip()))
    if match is None:
        return None
    hours, minutes, seconds, decimals, thousandths = match.groups()
    if int(seconds) > 59 or (hours is not None and int(minutes) > 59):
        return None
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    part = decimals or thousandths or "0"
    return whole + Fraction(int(part), 10 ** len(part))


def stamp(time: Fraction) -> str:
    """`00:00:01.500`, to the millisecond."""
    seconds, milliseconds = divmod(round(time * 1000), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"

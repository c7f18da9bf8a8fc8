"""How the sectors of a disc are shared out: what is left for pictures, and how long they take."""

import math
from dataclasses import dataclass
from fractions import Fraction

from encoders.vcd.volumes import SECTORS_A_SECOND

CLOCK = 90_000
"""Ticks a second of the system clock and of all time stamps."""
GOPS = Fraction(2)
"""Groups of pictures a second, at most."""
LEAST = 256
"""Bytes of pictures a sector is worth being filled with where the decoder has no room for more."""

_LONGEST = CLOCK * 95 // 100  # a second is the most there may be
_APART = CLOCK // 2  # of PTS 0.7 s is the most (13818-1, 2.7.4), and they are not in order
_SPENT = 3  # sectors: see `spans`
_OPENING = 3  # sectors before the first picture's: system headers, and one with a longer header


@dataclass(frozen=True, slots=True)
class Disc:
    """What a player is built for (Video CD 2.0, IV; IEC 62107; ISO/IEC 11172-1 and 13818-1)."""

    sectors: int
    """A second."""
    picture_bytes: int
    """In a sector at least: where a picture with two time stamps begins in it."""
    sound_bytes: int
    """In a sector, always."""
    head_bytes: int
    """Of a key picture that are not split over sectors, at most."""
    picture_buffer: int
    sound_buffer: int
    """Bytes a decoder has room for."""

    @property
    def ticks(self) -> int:
        """From a sector to the next."""
        return CLOCK // self.sectors


DISCS = {
    # A sector of sound ends with 20 zero bytes: as long as those of a compact disc's own sound.
    "vcd": Disc(SECTORS_A_SECOND, 2296, 2279, 32, 46 * 1024, 4 * 1024),
    "svcd": Disc(2 * SECTORS_A_SECOND, 2291, 2293, 128, 230 * 1024, 4 * 1024),
}


@dataclass(frozen=True, slots=True)
class Spans:
    """Ticks pictures are sent before they are decoded."""

    first: int
    """From the first sector until the first picture is decoded."""
    least: int
    """What is decoded so soon goes even where it does not fill a sector."""
    most: int
    stamps: int
    """Of units in one sector, as only the first of them has time stamps."""


def video_rate(kind: str, audio_rate: int, gops: Fraction = GOPS) -> int:
    """Bits a second of pictures that always fit: the highest `maxrate` of their rendition.

    `audio_rate`: of the sound, bits a second; `gops`: groups of pictures a second, which begin with
    heads that are not split. But for these it is the 1,151,929 the standard of the Video CD names.
    Raises ValueError where nothing is left.
    """
    disc = DISCS[kind]
    left = _left(kind, audio_rate) * disc.picture_bytes - gops * disc.head_bytes
    if left < 1000:
        raise ValueError(f"{audio_rate} b/s of sound leave no room for pictures on a {kind}")
    return math.floor(left * 8)


def video_buffer(kind: str, audio_rate: int) -> int:
    """Bits of the largest `buffer` of a rendition that always fits the decoder's."""
    disc = DISCS[kind]
    spent = _SPENT * _left(kind, audio_rate) / disc.sectors * disc.picture_bytes
    held = (disc.picture_buffer - LEAST - disc.head_bytes - spent) * 8
    read = Fraction(_APART - _SPENT * disc.ticks, CLOCK) * video_rate(kind, audio_rate)
    return math.floor(min(held, read - disc.head_bytes * 8))


def _left(kind: str, audio_rate: int) -> Fraction:
    """Sectors a second that are not of sound."""
    disc = DISCS[kind]
    return disc.sectors - Fraction(audio_rate, 8 * disc.sound_bytes)


def spans(kind: str, buffer: int, audio_rate: int) -> Spans:
    """For pictures that keep to a `buffer` of so many bits at no more than `video_rate`.

    Say C bytes a second are left for pictures, B bytes is their buffer, and a sector was not filled
    with them at the time u, as nothing was due before u + A. Sectors of sound come evenly, so that
    n sectors in a row hold (n - 1) C / sectors bytes of pictures or more; and of the sectors until
    a picture is decoded at t, one is that of u and one may not be through. So C (t - u) less three
    sectors' share comes until then. It is no more than B + C (t - u - A) that is decoded from u + A
    to t. All is there in time where A is B / C and three sectors. In the same way, where the
    sector was not filled as the decoder was full, that must have room for B and three sectors. A
    sector may also not be filled as time stamps would be too far apart: A is to be less than that.
    """
    disc = DISCS[kind]
    needed = Fraction(buffer + disc.head_bytes * 8, video_rate(kind, audio_rate)) * CLOCK
    least = math.ceil(needed) + _SPENT * disc.ticks
    return Spans(least + _OPENING * disc.ticks, least, max(least, _LONGEST), _APART)

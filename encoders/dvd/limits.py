"""What a DVD-Video may be.

The figures are those of the DVD specification as http://dvd.sourceforge.net/dvdinfo/ and the
manual of dvdauthor give them; the specification itself is not public.
"""

from fractions import Fraction

DVD_R = 4_707_319_808
"""Bytes of a single-layer DVD-R; a DVD+R holds 4,700,372,992."""
SECTOR = 2048
"""Bytes; a pack of the program stream is one sector."""

MOST_TITLES = 99
MOST_CHAPTERS = 99
MOST_SOUNDS = 8
MOST_CAPTIONS = 32

MUX_RATE = 10_080_000
"""Bits a second of all streams together."""
VIDEO_RATE = 9_800_000
VBV = 1_835_008
"""Bits of the decoder buffer."""
PAYLOAD = Fraction(2000, SECTOR)
"""Of a sector, at least, after the headers of pack and packet: for what may be sent in time."""
NAVIGATION_RATE = SECTOR * 8 * 5 // 2
"""Bits a second: a VOBU, which one navigation pack leads, lasts 0.4 s at least."""

FORMATS = {"pal": (Fraction(25), 576, 15), "ntsc": (Fraction(30_000, 1001), 480, 18)}
"""Pictures a second, lines, and pictures in a GOP at most."""
WIDTHS = (720, 704, 352)


def picture_rate(sound: int) -> int:
    """Bits a second the pictures may come at beside `sound` bits a second of sound."""
    room = int((MUX_RATE - NAVIGATION_RATE) * PAYLOAD)
    return min(VIDEO_RATE, room - sound)

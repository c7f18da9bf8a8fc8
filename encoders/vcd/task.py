"""What makes one VCD or SVCD."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.product import Chapter
from encoders.tasks import Elementary, RasterRendition, SoundResult

KINDS = ("vcd", "svcd")


@dataclass(frozen=True, slots=True)
class VcdTask:
    """One disc: the pictures [first, last) of a lesson with their sound."""

    name: str
    """Of the files, e.g. `vcd` or `vcd-2`."""
    kind: str
    """`vcd` or `svcd`."""
    label: str
    """The volume's name; what ISO 9660 does not allow in it becomes `_`."""
    pieces: tuple[Elementary, ...]
    """The whole lesson, in order and without a gap."""
    rendition: RasterRendition
    """What the pieces are."""
    sound: SoundResult | None
    """The whole lesson: MP2, 44.1 kHz, stereo; None where it has none: the disc is silent."""
    chapters: tuple[Chapter, ...]
    """Of the whole lesson, in order."""
    duration: Fraction
    """Of the lesson, seconds."""
    first: int
    """Slot the disc starts at: the start of a GOP."""
    last: int
    """Slot it ends before: the start of a GOP, or the lesson's end."""
    volume: int
    """From 1."""
    volumes: int
    inputs: str
    """The folder the pieces and the sound are in."""
    folder: str

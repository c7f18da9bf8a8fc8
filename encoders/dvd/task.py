"""What makes one DVD."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.product import CaptionTrack, Chapter
from encoders.tasks import Artifact, Elementary, SoundResult


@dataclass(frozen=True, slots=True)
class DvdSound:
    language: str
    """BCP 47; `und` where unknown."""
    label: str
    sound: SoundResult
    """The whole lesson: AC-3 or MP2, 48 kHz."""


@dataclass(frozen=True, slots=True)
class DvdParts:
    """One lesson, ready to be put on any disc: encoded in several qualities, none chosen yet."""

    standard: str
    """`pal` or `ntsc`."""
    width: int
    height: int
    aspect: Fraction
    """Of the display: 4/3 or 16/9."""
    rate: Fraction
    """Pictures a second."""
    qualities: tuple[tuple[Elementary, ...], ...]
    """From the finest to the coarsest, each over the lesson's chunks in order; their GOPs begin at
    the same pictures."""
    sounds: tuple[DvdSound, ...]
    """The first is the one a player takes by itself; none where the recording is silent."""
    captions: tuple[CaptionTrack, ...]
    chapters: tuple[Chapter, ...]
    """In order."""
    title: str
    duration: Fraction
    """Seconds."""
    poster: Artifact | None
    """JPEG."""


@dataclass(frozen=True, slots=True)
class Run:
    """GOPs in a row of one quality."""

    quality: int
    """Index into `DvdParts.qualities`."""
    gops: int


@dataclass(frozen=True, slots=True)
class DvdTitle:
    number: int
    """Of the lesson in its course, from 1."""
    parts: DvdParts
    choice: tuple[Run, ...]
    """Every GOP of the lesson, in order. One whose bits could not come in time is taken of the
    next coarser quality."""


@dataclass(frozen=True, slots=True)
class DvdTask:
    """One disc."""

    name: str
    """Of the files, e.g. `dvd` or `dvd-2`."""
    label: str
    """The volume's name; what ISO 9660 does not allow in it becomes `_`."""
    course: str
    """The title people read."""
    base: str
    """Who made it, as people read it."""
    date: str
    """ISO 8601 day that is printed; empty for none."""
    number: int
    """Of this disc, from 1."""
    discs: int
    titles: tuple[DvdTitle, ...]
    capacity: int
    """Bytes of the medium."""
    inputs: str
    """The folder of the pieces: of the pictures, every quality from the finest chosen in a chunk
    down to the coarsest."""
    folder: str


def spread(choice: tuple[Run, ...]) -> tuple[int, ...]:
    """The quality of each GOP."""
    return tuple(run.quality for run in choice for _ in range(run.gops))


def runs(qualities: tuple[int, ...]) -> tuple[Run, ...]:
    """The other way round."""
    found: list[Run] = []
    for quality in qualities:
        if found and found[-1].quality == quality:
            found[-1] = Run(quality, found[-1].gops + 1)
        else:
            found.append(Run(quality, 1))
    return tuple(found)

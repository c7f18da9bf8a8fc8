"""How a course would fall on discs, told from what is published, before anything is made. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from encoders.dvd.limits import DVD_R
from farm.disc.computer import lesson_for_computers
from farm.disc.course import dvd_lessons
from farm.disc.datadisc import DVD, data_disc_sizes, data_disc_spans
from farm.disc.dvd import IMAGE, model
from farm.disc.fit import fit
from farm.disc.shelf import Shelved, Unready, unready
from farm.errors import Refused, StoreError

KINDS = ("dvd", "datadisc")
"""Kinds of discs that can be told of."""


@dataclass(frozen=True, slots=True)
class DiscOutlook:
    number: int
    """From 1."""
    lessons: tuple[str, ...]
    """Ids, in order."""
    size: int
    """Bytes, estimated."""
    capacity: int
    """Bytes."""

    @property
    def share(self) -> float:
        """Of the disc that is filled, 0 to 1."""
        return min(1.0, self.size / self.capacity)


@dataclass(frozen=True, slots=True)
class Outlook:
    kind: str
    discs: tuple[DiscOutlook, ...]
    """Empty where they cannot be made yet."""
    lacking: str | None = None
    """Why they cannot, with the way out."""


def outlook(
    kind: str, shelf: Sequence[Shelved], course: str, capacity: int | None = None
) -> Outlook:
    """As `farm disc` would lay them out, captions' share of the pages left aside.

    `capacity`: bytes of a disc; None: of a DVD-R.
    """
    if not shelf:
        return Outlook(kind, ())
    lay, largest = (_dvds, DVD_R) if kind == "dvd" else (_data_discs, DVD)
    room = capacity or largest
    try:
        laid = lay(shelf, course, room)
    except (Unready, Refused, StoreError) as error:
        return Outlook(kind, (), str(error))
    ids = [one.lesson for one in shelf]
    return Outlook(
        kind,
        tuple(
            DiscOutlook(number, tuple(ids[first:last]), size, room)
            for number, (first, last, size) in enumerate(laid, 1)
        ),
    )


Laid = tuple[int, int, int]
"""Half-open span of lessons, and bytes."""


def _dvds(shelf: Sequence[Shelved], course: str, room: int) -> list[Laid]:
    models = [model(one.parts) for one in dvd_lessons(shelf, course)]
    return [(one.first, one.last, one.size) for one in fit(models, room, IMAGE)]


def _data_discs(shelf: Sequence[Shelved], course: str, room: int) -> list[Laid]:
    lessons = [lesson_for_computers(one) for one in shelf]
    silent = [
        one for one, has in zip(shelf, lessons, strict=True) if not (has.videos or has.audios)
    ]
    if silent:
        raise Unready(unready(shelf, silent, course, "download"))
    spans, sizes = data_disc_spans(lessons, room), data_disc_sizes(lessons, room)
    return [(*span, size) for span, size in zip(spans, sizes, strict=True)]

"""What the menus show and do, as values: pages, their buttons, and what each button leads to.

All is laid out on a page of 768x576, square samples at 4:3, whatever the standard: every set shows
a menu of 4:3 whole. What matters stays within the middle nine tenths, which every set shows.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from encoders.dvd.chapters import chapters_of
from encoders.dvd.task import DvdTask, DvdTitle
from encoders.product import Chapter
from encoders.tasks import Artifact

T = TypeVar("T")

PAGE = (768, 576)
LESSONS_A_PAGE = 6
CHAPTERS_A_PAGE = 6
_LEFT, _RIGHT = 48, 720
_NAVIGATION = 500
"""Where the row of plain buttons begins."""
_HEIGHT = 36

Box = tuple[int, int, int, int]
"""Left, top, right, bottom; even."""


@dataclass(frozen=True, slots=True)
class Button:
    name: str
    box: Box
    command: str
    """Of dvdauthor's language."""
    label: str
    """Drawn in the box; empty where the box is a picture or a card."""


@dataclass(frozen=True, slots=True)
class Card:
    """A lesson or a chapter: a picture and a few lines."""

    box: Box
    picture: Artifact | None
    number: str
    title: str
    note: str
    wide: bool
    """Whether the picture is beside the lines, or above them."""


@dataclass(frozen=True, slots=True)
class Page:
    heading: str
    subheading: str
    cards: tuple[Card, ...]
    buttons: tuple[Button, ...]


def course_pages(task: DvdTask) -> tuple[Page, ...]:
    """The disc's own menu. Registers: see `encoders.dvd.author`."""
    pages = tuple(_shares(task.titles, LESSONS_A_PAGE))
    home = home_of(task)
    disc = f"第 {task.number} 张，共 {task.discs} 张  Disc {task.number} of {task.discs}"
    made = []
    for n, titles in enumerate(pages):
        where = f"{n + 1} / {len(pages)}" if len(pages) > 1 else ""
        subheading = "    ".join(filter(None, (task.base, disc if task.discs > 1 else "", where)))
        cards: list[Card] = []
        buttons: list[Button] = []
        for i, title in enumerate(titles):
            number = n * LESSONS_A_PAGE + i + 1
            card = _lesson_card(title, i)
            cards.append(card)
            buttons += _lesson_buttons(card, title, number)
        row = [("all", "播放全部 Play all", f"g1 = 1; g2 = 1; jump vmgm menu {home};")]
        row += _turns(n, len(pages), "jump vmgm menu {};")
        made.append(Page(task.course, subheading, tuple(cards), (*buttons, *_row(row))))
    return tuple(made)


def home_of(task: DvdTask) -> int:
    """Number of the menu that shows nothing and decides what is next: the one after the pages."""
    return -(-len(task.titles) // LESSONS_A_PAGE) + 1


def chapter_pages(title: DvdTitle, home: int) -> tuple[Page, ...]:
    """The menu of one lesson; none where it has no chapters to choose from."""
    chapters = tuple(enumerate(chapters_of(title.parts), 1))
    if len(chapters) < 2:
        return ()
    pages = tuple(_shares(chapters, CHAPTERS_A_PAGE))
    made = []
    for n, share in enumerate(pages):
        where = f"{n + 1} / {len(pages)}" if len(pages) > 1 else ""
        subheading = "    ".join(filter(None, ("章节 Chapters", where)))
        cards = tuple(_chapter_card(number, one, i) for i, (number, one) in enumerate(share))
        buttons = [
            Button(f"c{number}", card.box, f"jump title 1 chapter {number};", "")
            for (number, _), card in zip(share, cards, strict=True)
        ]
        row = [("back", "返回 Back", f"g2 = 0; jump vmgm menu {home};")]
        row += _turns(n, len(pages), "jump menu {};")
        heading = f"{title.number}  {title.parts.title}"
        made.append(Page(heading, subheading, cards, (*buttons, *_row(row))))
    return tuple(made)


def _shares(items: Sequence[T], most: int) -> Iterator[tuple[T, ...]]:
    for at in range(0, len(items), most):
        yield tuple(items[at : at + most])


def _turns(page: int, pages: int, jump: str) -> list[tuple[str, str, str]]:
    found = []
    if page > 0:
        found.append(("previous", "上一页 Previous", jump.format(page)))
    if page < pages - 1:
        found.append(("next", "下一页 Next", jump.format(page + 2)))
    return found


def _row(buttons: list[tuple[str, str, str]]) -> Iterator[Button]:
    width, gap = 208, 24
    for i, (name, label, command) in enumerate(buttons):
        left = _LEFT + i * (width + gap)
        box = (left, _NAVIGATION, left + width, _NAVIGATION + _HEIGHT)
        yield Button(name, box, command, label)


def _lesson_card(title: DvdTitle, place: int) -> Card:
    left = (_LEFT, 392)[place % 2]
    top = 132 + place // 2 * 120
    box = (left, top, left + 328, top + 108)
    parts = title.parts
    return Card(
        box, parts.poster, str(title.number), parts.title, length(parts.duration), wide=True
    )


def _lesson_buttons(card: Card, title: DvdTitle, number: int) -> Iterator[Button]:
    left, top, right, bottom = card.box
    if len(chapters_of(title.parts)) < 2:
        yield Button(f"t{number}", card.box, f"g1 = 0; jump title {number};", "")
        return
    yield Button(f"t{number}", (left, top, right - 60, bottom), f"g1 = 0; jump title {number};", "")
    command = f"jump titleset {number} menu;"
    yield Button(f"m{number}", (right - 56, top, right, bottom), command, "章节")


def _chapter_card(number: int, chapter: Chapter, place: int) -> Card:
    left = _LEFT + place % 3 * 232
    top = 132 + place // 3 * 180
    box = (left, top, left + 208, top + 168)
    return Card(box, chapter.picture, str(number), chapter.title, moment(chapter.start), wide=False)


def length(time: Fraction) -> str:
    """`4:05` or `1:04:05`; begun seconds count, as in the catalog."""
    return _clock(math.ceil(time))


def moment(time: Fraction) -> str:
    """As `length`, of a place in a lesson: the nearest second, as on the lesson's page."""
    return _clock(math.floor(time + Fraction(1, 2)))


def _clock(time: int) -> str:
    minutes, seconds = divmod(time, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


# --- moving about --------------------------------------------------------------------------------

_WAYS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def neighbours(buttons: Sequence[Button], button: Button) -> dict[str, str]:
    """The button each arrow key leads to: the nearest in that direction, or itself."""
    found = {}
    for way, (dx, dy) in _WAYS.items():
        ahead = [
            (_distance(button, other, dx, dy), n, other.name)
            for n, other in enumerate(buttons)
            if _ahead(button, other, dx, dy) > 0
        ]
        found[way] = min(ahead)[2] if ahead else button.name
    return found


def _middle(button: Button) -> tuple[int, int]:
    left, top, right, bottom = button.box
    return (left + right) // 2, (top + bottom) // 2


def _ahead(button: Button, other: Button, dx: int, dy: int) -> int:
    (x, y), (u, v) = _middle(button), _middle(other)
    return (u - x) * dx + (v - y) * dy


def _distance(button: Button, other: Button, dx: int, dy: int) -> int:
    """What lies aside counts three times as far."""
    (x, y), (u, v) = _middle(button), _middle(other)
    return _ahead(button, other, dx, dy) + 3 * (abs(v - y) if dx else abs(u - x))

"""Slides, windows and film scenes to make lectures of, at a third of 1280x720."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from encoders.sample import deck
from encoders.sample.canvas import font

WIDTH, HEIGHT = 426, 240
_DRAWN = 2
"""Pages are drawn so many times as large, then averaged, as a renderer smooths its glyphs."""

Picture = NDArray[np.uint8]
"""[height, width, 3], RGB."""
Random = np.random.Generator
Colour = tuple[int, int, int]

_TEXT = "".join(
    character
    for lines in (deck.OPENING, deck.WHY, deck.HOW, deck.WALKING, deck.HOW_MUCH, deck.CLOSING)
    for character in "".join(lines)
    if character not in "，。？、"
)

LIGHT: tuple[Colour, Colour, Colour] = ((250, 248, 240), (30, 40, 36), (24, 90, 60))
DARK: tuple[Colour, Colour, Colour] = ((22, 26, 34), (214, 218, 224), (240, 180, 80))
"""Paper, ink and title."""


def words(random: Random, count: int) -> str:
    """So many Chinese characters in a row as they come in the sample's speech, joined at random."""
    text = ""
    while len(text) < count:
        start = int(random.integers(0, len(_TEXT) - 8))
        text += _TEXT[start : start + int(random.integers(3, 8))]
    return text[:count]


class Page:
    """A canvas in units of the small picture."""

    def __init__(self, paper: Colour) -> None:
        self._image = Image.new("RGB", (WIDTH * _DRAWN, HEIGHT * _DRAWN), paper)
        self._draw = ImageDraw.Draw(self._image)

    def text(self, x: float, y: float, text: str, size: float, colour: Colour) -> None:
        """`size` in pixels of the small picture; `y` is the middle of the line."""
        self._draw.text((x * _DRAWN, y * _DRAWN), text, colour, font("regular", size), anchor="lm")

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        edges = [value * _DRAWN for value in (left, top, right, bottom)]
        self._draw.rectangle(edges, colour)

    def picture(self) -> Picture:
        return np.asarray(self._image.reduce(_DRAWN))


def slide(
    random: Random,
    *,
    theme: tuple[Colour, Colour, Colour] = LIGHT,
    title: str | None = None,
    lines: tuple[str, ...] | None = None,
    right: float = WIDTH - 24,
) -> Picture:
    """A heading, a few points down to the left of `right`, a footer that is always the same."""
    paper, ink, head = theme
    page = Page(paper)
    page.text(24, 30, title or words(random, int(random.integers(4, 10))), 16, head)
    page.box(24, 44, 44, 46, head)
    for row, line in enumerate(lines if lines is not None else points(random, right)):
        page.box(26, 69 + row * 26, 31, 74 + row * 26, head)
        page.text(38, 72 + row * 26, line, 11, ink)
    page.text(24, 226, "温室番茄滴灌技术 · 第三讲", 6, ink)
    return page.picture()


def points(random: Random, right: float = WIDTH - 24) -> tuple[str, ...]:
    longest = int((right - 38) / 11)
    count = int(random.integers(3, 6))
    return tuple(words(random, int(random.integers(longest // 2, longest))) for _ in range(count))


def chart(random: Random) -> Picture:
    """A heading, bars and their labels."""
    paper, ink, head = LIGHT
    page = Page(paper)
    page.text(24, 30, words(random, 7), 16, head)
    for bar in range(int(random.integers(4, 7))):
        left = 50 + bar * 50
        top = float(random.uniform(70, 170))
        colour = tuple(int(value) for value in random.integers(30, 220, 3))
        page.box(left, top, left + 30, 195, (colour[0], colour[1], colour[2]))
        page.text(left, 203, words(random, 3), 8, ink)
    page.box(40, 195, 400, 197, ink)
    page.text(24, 226, "温室番茄滴灌技术 · 第三讲", 6, ink)
    return page.picture()


def window(random: Random, lines: list[str], scrolled: int = 0, *, dark: bool = False) -> Picture:
    """An editor or browser full of small text, `scrolled` lines down; with a task bar."""
    paper, ink, head = DARK if dark else LIGHT
    page = Page(paper)
    for row, line in enumerate(lines[scrolled : scrolled + 19]):
        page.text(60, 28 + row * 11, line, 8, ink)
        page.text(30, 28 + row * 11, str(scrolled + row + 1), 7, head)
    page.box(0, 0, WIDTH, 18, (196, 200, 206))
    page.text(8, 9, words(random, 8), 8, (40, 40, 40))
    page.box(0, 228, WIDTH, 240, (44, 60, 90))
    page.text(8, 234, "开始  文件  编辑  工具", 7, (230, 230, 230))
    return page.picture()


def code(random: Random, count: int) -> list[str]:
    return [words(random, int(random.integers(6, 40))) for _ in range(count)]


def texture(random: Random, width: int, height: int) -> Picture:
    """What a camera sees outdoors: detail at every scale, in two colours."""
    field = np.zeros((height, width), np.float32)
    for octave in range(7):
        cells = 3 * 2**octave
        noise = random.standard_normal((cells, max(1, cells * width // height))).astype(np.float32)
        grown = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        field += np.asarray(grown) * 0.66**octave
    field = (field - field.min()) / (field.max() - field.min())
    one, other = random.uniform(20, 235, (2, 3))
    while np.abs(one - other).max() < 80:
        other = random.uniform(20, 235, 3)
    mixed = one + (other - one) * field[:, :, None]
    return mixed.astype(np.uint8)

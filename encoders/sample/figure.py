"""What moves: the speaker in the corner, water drops, a walk through a greenhouse."""

import math
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from encoders.sample.canvas import (
    CARD,
    HEIGHT,
    INK,
    LEAF,
    PINE,
    SCALE,
    WATER,
    WIDTH,
    Canvas,
    Colour,
    Point,
)
from encoders.sample.pages import FILTER, PIPE, PLANTS, greenhouse

Picture = npt.NDArray[np.uint8]
"""[height, width, 3]."""

SPEAKER = (968, 462, 272, 208)
"""Left, top, width and height of the insert."""

_SKIN: Colour = (232, 188, 148)
_SHADE: Colour = (212, 162, 122)
_HAIR: Colour = (46, 40, 38)
_JACKET: Colour = (44, 96, 128)
_STRAW: Colour = (228, 200, 138)
_RIBBON: Colour = (164, 74, 56)
_LIPS: Colour = (150, 70, 62)

_RADIUS = 16
_NOISE = 3.2  # of a small camera indoors, in steps of 255


class Speaker:
    """A speaker filmed by a small camera: sways, blinks, speaks when there is sound."""

    def __init__(self) -> None:
        _, _, width, height = SPEAKER
        self._back = greenhouse(width, height)
        mask = Image.new("L", (width * SCALE, height * SCALE), 0)
        box = (0, 0, width * SCALE - 1, height * SCALE - 1)
        ImageDraw.Draw(mask).rounded_rectangle(box, _RADIUS * SCALE, fill=255)
        self._shape = (np.asarray(mask.reduce(SCALE), np.float32) / 255)[:, :, None]
        random = np.random.default_rng(11)
        self._grain = random.normal(0, _NOISE, (height + 64, width + 64, 1)).astype(np.float32)
        self._moves = random.integers(0, 64, (997, 2))

    def paint(self, picture: Picture, number: int, time: float, loudness: float) -> None:
        """`loudness` of this moment, 0 to 1."""
        left, top, width, height = SPEAKER
        canvas = Canvas(self._back.copy())
        _person(canvas, time, loudness)
        down, right = self._moves[number % len(self._moves)]
        filmed = np.asarray(canvas.finished(), np.float32)
        filmed = filmed + self._grain[down : down + height, right : right + width]
        under = picture[top : top + height, left : left + width]
        under[:] = filmed.clip(0, 255) * self._shape + under * (1 - self._shape)


def _person(canvas: Canvas, time: float, loudness: float) -> None:
    x = 132 + 5 * math.sin(0.7 * time) + 2 * math.sin(1.9 * time)
    y = 104 + 2.5 * math.sin(1.3 * time) + 1.5 * loudness
    canvas.ellipse((x * 0.5 + 66, 236), 92, 74, _JACKET)
    canvas.polygon([(x - 22, 158), (x + 22, 158), (x, 192)], CARD)
    canvas.rectangle((x - 15, y + 34, x + 15, y + 64), _SHADE, 8)
    canvas.polygon([(x - 30, 158), (x - 14, 152), (x - 3, 190)], (34, 80, 108))
    canvas.polygon([(x + 30, 158), (x + 14, 152), (x + 3, 190)], (34, 80, 108))
    _head(canvas, (x, y), time, loudness)
    raised = max(0.0, math.sin(0.55 * time + 1) * 1.5 - 0.5)
    if raised:
        hand = (222 + 5 * math.sin(2.3 * time), 214 - 52 * raised)
        canvas.line([(206, 240), (hand[0] - 3, hand[1] + 16)], _JACKET, 26)
        canvas.ellipse(hand, 14, 16, _SKIN)
        canvas.line([(hand[0] + 3, hand[1] - 8), (hand[0] + 7, hand[1] - 26)], _SKIN, 7)


def _head(canvas: Canvas, at: Point, time: float, loudness: float) -> None:
    x, y = at
    turn = 4 * math.sin(0.45 * time)
    canvas.ellipse((x - 37, y + 6), 7, 10, _SHADE)
    canvas.ellipse((x + 37, y + 6), 7, 10, _SHADE)
    canvas.ellipse((x, y - 4), 39, 42, _HAIR)
    canvas.ellipse((x, y + 6), 36, 43, _SKIN)
    for side in (-1, 1):
        eye = (x + turn + side * 14, y + 2)
        if (time + 1) % 3.7 < 0.14:
            canvas.line([(eye[0] - 5, eye[1]), (eye[0] + 5, eye[1])], INK, 2)
        else:
            canvas.ellipse(eye, 3.6, 4.4, INK)
        canvas.line([(eye[0] - 8, eye[1] - 11), (eye[0] + 7, eye[1] - 12)], _HAIR, 3)
    canvas.line([(x + turn, y + 6), (x + turn + 3, y + 17), (x + turn - 2, y + 18)], _SHADE, 2.5)
    canvas.ellipse((x + turn * 0.8, y + 31), 11 - 2 * loudness, 2 + 8 * loudness, _LIPS)
    canvas.ellipse((x, y - 24), 70, 15, _STRAW)
    canvas.ellipse((x, y - 40), 38, 27, _STRAW)
    canvas.rectangle((x - 38, y - 38, x + 38, y - 28), _RIBBON, 4)
    canvas.ellipse((x, y - 24), 64, 8, (212, 182, 118))


def water(picture: Image.Image, time: float) -> None:
    """Drops on their way through the diagram's pipe, and falling from its drippers."""
    for index in range(18):
        x, y = _along((time * 0.11 + index / 18) % 1)
        if abs(x - FILTER[0]) > 34 or abs(y - FILTER[1]) > 26:
            _paste(picture, (x, y), _sprite(3, falling=False), CARD)
    for index, (x, y) in enumerate(PLANTS):
        fallen = (time * 0.9 + index * 0.37) % 1
        _paste(picture, (x, y + 20 + 70 * fallen**2), _sprite(5, falling=True), WATER)


def _along(part: float) -> Point:
    """The place at this part of the pipe's length."""
    lengths = [math.dist(a, b) for a, b in pairwise(PIPE)]
    left = part * sum(lengths)
    for (start, stop), length in zip(pairwise(PIPE), lengths, strict=True):
        if left <= length:
            share = left / length
            return (
                start[0] + (stop[0] - start[0]) * share,
                start[1] + (stop[1] - start[1]) * share,
            )
        left -= length
    return PIPE[-1]


@cache
def _sprite(size: float, falling: bool) -> Image.Image:
    """The shape of a drop or of a bubble, to paste a colour through."""
    canvas = Canvas(Image.new("L", (64, 64)))
    if falling:
        canvas.drop((16, 20), size, (255,))
    else:
        canvas.ellipse((16, 16), size, size, (255,))
    return canvas.finished()


def _paste(picture: Image.Image, at: Point, sprite: Image.Image, colour: Colour) -> None:
    picture.paste(colour, (round(at[0]) - 16, round(at[1]) - 16), sprite)


def banner(picture: Image.Image, shown: float) -> None:
    """The speaker's name; `shown` goes from 0 to 1 as it slides in."""
    canvas = Canvas.blank(420, 76, PINE)
    canvas.rectangle((0, 0, 8, 76), (226, 178, 78))
    canvas.text((30, 27), "王小农", "bold", 27, CARD)
    canvas.text((30, 57), "农艺师 · 远程教育课件示例", "regular", 17, (196, 220, 204))
    left = round(14 - 440 * (1 - shown) ** 3)
    picture.paste(canvas.finished(), (left, 570))


def progress(picture: Picture, part: float) -> None:
    """A line along the lower edge: how much of the lesson is over."""
    picture[HEIGHT - 5 :, :] = (226, 221, 208)
    picture[HEIGHT - 5 :, : round(WIDTH * part)] = LEAF


class Walk:
    """A hand-held walk along rows of plants: full motion, which slides never have."""

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        far = _foliage(random, (HEIGHT + 160, 2 * WIDTH), (150, 186, 140), 0.35)
        near = _foliage(random, (HEIGHT + 160, 3 * WIDTH), (56, 120, 60), 1.0)
        self._far = Image.fromarray(far).filter(ImageFilter.GaussianBlur(3))
        self._near = Image.fromarray(near)
        rows = np.linspace(0, 1, HEIGHT + 160)[:, None]
        columns = np.linspace(0, 3, 3 * WIDTH)[None]
        edge = 0.34 + 0.05 * np.sin(columns * 17) + 0.03 * np.sin(columns * 43)
        mask = np.clip((rows - edge) * 40, 0, 1) * 255
        self._mask = Image.fromarray(mask.astype(np.uint8))
        self._grain = random.normal(0, 4, (HEIGHT + 64, WIDTH + 64, 1)).astype(np.int16)
        self._moves = random.integers(0, 64, (997, 2))

    def picture(self, number: int, time: float) -> Picture:
        down = 80 + 16 * math.sin(5.1 * time) + 9 * math.sin(2.2 * time)
        seen = _window(self._far, 40 + 38 * time, down)
        near = (60 + 110 * time, down * 1.3 - 20)
        seen.paste(_window(self._near, *near), mask=_window(self._mask, *near))
        shift, across = self._moves[number % len(self._moves)]
        grain = self._grain[shift : shift + HEIGHT, across : across + WIDTH]
        return (np.asarray(seen) + grain).clip(0, 255).astype(np.uint8)


def _window(image: Image.Image, left: float, top: float) -> Image.Image:
    x = round(left) % (image.width - WIDTH)
    y = round(min(max(top, 0), image.height - HEIGHT))
    return image.crop((x, y, x + WIDTH, y + HEIGHT))


def _foliage(
    random: np.random.Generator, size: tuple[int, int], colour: Colour, contrast: float
) -> Picture:
    """Leaves upon leaves, and tomatoes among them."""
    height, width = size
    canvas = Canvas.blank(width / SCALE, height / SCALE, colour)
    for _ in range(width * height // 800):
        x, y = random.uniform(0, width / SCALE), random.uniform(0, height / SCALE)
        reach = (random.normal(0, 22), random.normal(-8, 16))
        light = contrast * random.uniform(-45, 45)
        canvas.leaf((x, y), reach, _lighter(colour, light))
        if random.uniform() < 0.012 and contrast == 1:
            canvas.tomato((x, y), random.uniform(7, 14))
    return np.asarray(canvas.image)


def _lighter(colour: Colour, by: float) -> Colour:
    red, green, blue = (round(min(255, max(0, value + by))) for value in colour)
    return red, green, blue

"""Colours, fonts and a canvas: everything is drawn for 1280x720 and at twice that, then halved."""

import math
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1280, 720
SCALE = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]

PAPER: Colour = (250, 247, 239)
CARD: Colour = (255, 255, 255)
LINE: Colour = (222, 216, 202)
INK: Colour = (31, 42, 36)
MUTED: Colour = (104, 117, 109)
PINE: Colour = (18, 74, 48)
LEAF: Colour = (58, 140, 84)
MINT: Colour = (220, 238, 224)
TOMATO: Colour = (214, 66, 48)
BLUSH: Colour = (250, 227, 221)
WATER: Colour = (38, 124, 184)
SKY: Colour = (217, 234, 245)
SOIL: Colour = (126, 92, 66)
SAND: Colour = (235, 222, 203)

_SIMPLIFIED = 2  # of the languages in Noto's collections: Japanese, Korean, Simplified Chinese...

_FONTS = {
    "regular": (
        ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", _SIMPLIFIED),
        ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
        ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ),
    "bold": (
        ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", _SIMPLIFIED),
        ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
        ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ),
    "title": (
        ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc", _SIMPLIFIED),
        ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", _SIMPLIFIED),
        ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
        ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ),
}


class MissingFont(RuntimeError):
    """No Chinese font where Debian's packages put them."""


@cache
def font(style: str, size: float) -> ImageFont.FreeTypeFont:
    """`regular`, `bold` or `title`, in units of the 1280x720 page. Raises MissingFont."""
    for path, index in _FONTS[style]:
        if Path(path).is_file():
            return ImageFont.truetype(path, round(size * SCALE), index=index)
    raise MissingFont("no Chinese font found: install the Debian package fonts-noto-cjk")


class Canvas:
    """Drawing in units of the page; what is handed out is smooth, as it was drawn larger."""

    def __init__(self, image: Image.Image) -> None:
        """`image` is drawn on; twice as large as the page units say."""
        self.image = image
        self._draw = ImageDraw.Draw(image)

    @classmethod
    def blank(cls, width: float, height: float, colour: Colour) -> "Canvas":
        return cls(Image.new("RGB", (round(width * SCALE), round(height * SCALE)), colour))

    def finished(self) -> Image.Image:
        return self.image.reduce(SCALE)

    def rectangle(
        self, box: tuple[float, float, float, float], colour: tuple[int, ...], radius: float = 0
    ) -> None:
        scaled = [value * SCALE for value in box]
        self._draw.rounded_rectangle(scaled, radius * SCALE, fill=colour)

    def ellipse(self, centre: Point, across: float, down: float, colour: tuple[int, ...]) -> None:
        """`across` and `down` are radii."""
        (x, y), a, b = centre, across, down
        box = [(x - a) * SCALE, (y - b) * SCALE, (x + a) * SCALE, (y + b) * SCALE]
        self._draw.ellipse(box, fill=colour)

    def line(self, points: list[Point], colour: tuple[int, ...], width: float) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * SCALE), joint="curve")

    def arc(
        self, centre: Point, across: float, down: float, span: Point, colour: Colour, width: float
    ) -> None:
        """`span` in degrees, clockwise from three o'clock."""
        (x, y), a, b = centre, across, down
        box = [(x - a) * SCALE, (y - b) * SCALE, (x + a) * SCALE, (y + b) * SCALE]
        self._draw.arc(box, *span, fill=colour, width=round(width * SCALE))

    def polygon(self, points: list[Point], colour: tuple[int, ...]) -> None:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def text(
        self,
        at: Point,
        text: str,
        style: str,
        size: float,
        colour: tuple[int, ...],
        anchor: str = "lm",
    ) -> None:
        """`anchor` as Pillow has it: `lm` is left and middle, `mm` the centre, `rm` right."""
        scaled = (at[0] * SCALE, at[1] * SCALE)
        self._draw.text(scaled, text, fill=colour, font=font(style, size), anchor=anchor)

    def drop(self, centre: Point, size: float, colour: tuple[int, ...]) -> None:
        """A drop of water, `size` its radius; its sides are tangents of the circle."""
        x, y = centre
        tip, touch = y - 2.05 * size, y - 0.488 * size
        self.polygon([(x - 0.873 * size, touch), (x, tip), (x + 0.873 * size, touch)], colour)
        self.ellipse(centre, size, size, colour)

    def leaf(self, at: Point, reach: Point, colour: Colour) -> None:
        """From its stalk `at` to its tip `reach` further."""
        (x, y), (dx, dy) = at, reach
        edges: tuple[list[Point], list[Point]] = ([], [])
        for step in range(11):
            along = step / 10
            out = 0.33 * math.sin(math.pi * along**0.8)
            for edge, side in zip(edges, (out, -out), strict=True):
                edge.append((x + dx * along - dy * side, y + dy * along + dx * side))
        self.polygon([*edges[0], *reversed(edges[1])], colour)
        vein = tuple(min(255, value + 38) for value in colour)
        self.line([at, (x + dx * 0.85, y + dy * 0.85)], vein, 1.2)

    def tomato(self, centre: Point, size: float) -> None:
        x, y = centre
        self.ellipse(centre, size, 0.9 * size, TOMATO)
        self.ellipse((x - 0.35 * size, y - 0.3 * size), 0.22 * size, 0.15 * size, (238, 132, 112))
        for dx, dy in ((-0.5, -0.15), (0.5, -0.15), (-0.25, 0.1), (0.25, 0.1)):
            top = (x, y - 0.8 * size)
            self.leaf(top, (dx * size, dy * size + 0.05 * size), LEAF)

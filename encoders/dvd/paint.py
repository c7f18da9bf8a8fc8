"""The menus' pages as pictures: drawn at twice the size, then made smooth."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

from encoders.captions.fonts import font
from encoders.dvd.menus import PAGE, Box, Button, Card, Page
from encoders.tasks import Artifact

Colour = tuple[int, int, int]

_SCALE = 2
_TOP, _BOTTOM = (16, 62, 42), (8, 34, 25)
_CARD, _PANEL = (24, 82, 57), (32, 104, 72)
_WHITE, _SOFT, _GOLD = (245, 247, 240), (176, 208, 188), (250, 202, 84)
_FRAME = 4
"""Lines of a button's frame: an even number does not flicker on interlaced sets."""
HIGHLIGHT, SELECT = (250, 202, 84), (235, 92, 56)


def paint(page: Page, folder: Path, size: tuple[int, int]) -> Image.Image:
    """A page in a raster of `size`; its pictures lie in `folder`. Raises MissingFont."""
    image = _background()
    draw = ImageDraw.Draw(image)
    _text(draw, (48, 44), page.heading, 34, _WHITE, 672, bold=True)
    _text(draw, (48, 92), page.subheading, 18, _SOFT, 672)
    draw.rectangle(_scaled((48, 120, 720, 122)), fill=_GOLD)
    for card in page.cards:
        if card.wide:
            _lesson(image, draw, card, folder, page)
        else:
            _chapter(image, draw, card, folder)
    for button in page.buttons:
        if button.label:
            _button(draw, button)
    return image.resize(size, Image.Resampling.LANCZOS)


def frames(page: Page, size: tuple[int, int], colour: Colour) -> Image.Image:
    """The frames of all buttons in one colour, for spumux: of two colours, one transparent."""
    image = Image.new("P", size, 0)
    image.putpalette([0, 0, 0, *colour])
    draw = ImageDraw.Draw(image)
    for button in page.buttons:
        left, top, right, bottom = on_raster(button.box, size)
        draw.rectangle((left, top, right - 1, bottom - 1), outline=1, width=_FRAME)
    return image


def on_raster(box: Box, size: tuple[int, int]) -> Box:
    """On even rows and columns, as subpictures want it."""
    (w, h), (width, height) = PAGE, size
    left, top, right, bottom = box
    return (
        left * width // w & ~1,
        top * height // h & ~1,
        right * width // w & ~1,
        bottom * height // h & ~1,
    )


def _background() -> Image.Image:
    shade = Image.linear_gradient("L").resize((PAGE[0] * _SCALE, PAGE[1] * _SCALE))
    top = Image.new("RGB", shade.size, _TOP)
    return Image.composite(Image.new("RGB", shade.size, _BOTTOM), top, shade)


def _lesson(
    image: Image.Image, draw: ImageDraw.ImageDraw, card: Card, folder: Path, page: Page
) -> None:
    left, top, right, bottom = card.box
    draw.rectangle(_scaled(card.box), fill=_CARD)
    _picture(image, card.picture, folder, (left + 8, top + 8, left + 132, bottom - 8))
    cut = min(
        (b.box[0] for b in page.buttons if b.label and _within(b.box, card.box)), default=right
    )
    room = cut - left - 148
    _text(draw, (left + 142, top + 8), card.number, 20, _GOLD, room, bold=True)
    _text(draw, (left + 142, top + 32), card.title, 19, _WHITE, room, lines=2)
    _text(draw, (left + 142, bottom - 24), card.note, 14, _SOFT, room)


def _chapter(image: Image.Image, draw: ImageDraw.ImageDraw, card: Card, folder: Path) -> None:
    left, top, right, bottom = card.box
    draw.rectangle(_scaled(card.box), fill=_CARD)
    _picture(image, card.picture, folder, (left + 8, top + 8, right - 8, bottom - 52))
    _text(draw, (left + 10, bottom - 48), f"{card.number}  {card.title}", 16, _WHITE, 190)
    _text(draw, (left + 10, bottom - 24), card.note, 14, _SOFT, 190)


def _within(inner: Box, outer: Box) -> bool:
    return outer[0] <= inner[0] and inner[2] <= outer[2] and outer[1] <= inner[1] < outer[3]


def _picture(image: Image.Image, picture: Artifact | None, folder: Path, box: Box) -> None:
    """Whole, as large as the box allows, in its middle."""
    left, top, right, bottom = _scaled(box)
    image.paste(_BOTTOM, (left, top, right, bottom))
    if picture is None:
        return
    with Image.open(folder / picture.name, formats=("JPEG",)) as opened:
        shown = opened.convert("RGB")
    share = min((right - left) / shown.width, (bottom - top) / shown.height)
    size = (max(1, round(shown.width * share)), max(1, round(shown.height * share)))
    shown = shown.resize(size, Image.Resampling.LANCZOS)
    at = ((left + right - size[0]) // 2, (top + bottom - size[1]) // 2)
    image.paste(shown, at)


def _button(draw: ImageDraw.ImageDraw, button: Button) -> None:
    left, top, right, bottom = button.box
    draw.rectangle(_scaled(button.box), fill=_PANEL)
    middle = ((left + right) * _SCALE // 2, (top + bottom) * _SCALE // 2)
    draw.text(middle, button.label, fill=_WHITE, font=font(False, 18 * _SCALE), anchor="mm")


def _text(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    size: int,
    colour: Colour,
    room: int,
    *,
    bold: bool = False,
    lines: int = 1,
) -> None:
    """Cut to so many lines of `room` units; what is left out shows as `…`."""
    drawn = font(bold, size * _SCALE)
    for n, line in enumerate(_lines(text, lines, lambda t: drawn.getlength(t) <= room * _SCALE)):
        place = (at[0] * _SCALE, (at[1] + n * round(size * 1.25)) * _SCALE)
        draw.text(place, line, fill=colour, font=drawn, anchor="la")


def _lines(text: str, most: int, fits: Callable[[str], bool]) -> list[str]:
    found = [""]
    for n, character in enumerate(text):
        if fits(found[-1] + character):
            found[-1] += character
        elif len(found) < most:
            found.append(character.lstrip())
        else:
            found[-1] = _shortened(found[-1], text[n:], fits)
            break
    return found


def _shortened(line: str, rest: str, fits: Callable[[str], bool]) -> str:
    while rest and line and not fits(line + "…"):
        line = line[:-1]
    return line.rstrip() + "…"


def _scaled(box: Box) -> Box:
    left, top, right, bottom = (value * _SCALE for value in box)
    return left, top, right, bottom

"""Chinese fonts, by the paths of Debian's packages: the sandbox has no font configuration."""

import hashlib
from functools import cache
from pathlib import Path

from PIL import ImageFont

_SIMPLIFIED = 2  # of the languages in Noto's collections: Japanese, Korean, Simplified Chinese...

_FONTS = {
    False: (
        ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", _SIMPLIFIED),
        ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ),
    True: (
        ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", _SIMPLIFIED),
        ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ),
}


class MissingFont(RuntimeError):
    """No Chinese font where Debian's packages put them."""


@cache
def font(bold: bool, size: int) -> ImageFont.FreeTypeFont:
    """`size` in pixels of the em square. Raises MissingFont.

    Laid out by FreeType alone: what a shaping library of the machine would add is left out, so
    that the same text is the same picture everywhere.
    """
    found = _found(bold)
    if found is None:
        raise MissingFont("no Chinese font found: install the Debian package fonts-noto-cjk")
    path, index = found
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)


@cache
def fonts_id() -> str:
    """Which fonts they are: another version draws other pictures. Empty where there is none."""
    digests = []
    for found in map(_found, _FONTS):
        if found is not None:
            with found[0].open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return " ".join(digests)


def _found(bold: bool) -> tuple[Path, int] | None:
    fonts = ((Path(path), index) for path, index in _FONTS[bold])
    return next((one for one in fonts if one[0].is_file()), None)

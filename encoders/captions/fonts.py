"""Chinese fonts, by the paths of Debian's packages: the sandbox has no font configuration."""

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
    for path, index in _FONTS[bold]:
        if Path(path).is_file():
            return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)
    raise MissingFont("no Chinese font found: install the Debian package fonts-noto-cjk")

"""Tags and covers for the tests of tagged files and downloads."""

import io
from fractions import Fraction
from pathlib import Path

from PIL import Image

from encoders.product import Chapter, Tags
from encoders.tasks import Artifact

TAGS = Tags(
    title="春耕备耕 Spring ploughing",
    artist="某市基地",
    album="农业科技",
    track=3,
    date="2026-03-09",
    genre="语音节目",
    comment="第三课：选种与育苗",
    licence="https://creativecommons.org/licenses/by/4.0/",
)
CHAPTERS = (
    Chapter(Fraction(0), "开始", None),
    Chapter(Fraction(5, 2), "选种 Seeds", None),
    Chapter(Fraction(25, 4), "育苗", None),
)


def picture_size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size


def cover_in(folder: Path, kind: str = "JPEG") -> Artifact:
    written = io.BytesIO()
    Image.new("RGB", (320, 180), (200, 30, 30)).save(written, kind)
    name = f"cover.{kind.lower()}"
    (folder / name).write_bytes(written.getvalue())
    return Artifact(name, len(written.getvalue()), "", f"image/{kind.lower()}")

"""The picture a player shows of a file."""

import base64
import struct
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

FRONT_COVER = 3
"""Kind of picture, of ID3 and FLAC alike."""

_CODECS = {"JPEG": "mjpeg", "PNG": "png"}
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}


@dataclass(frozen=True, slots=True)
class Cover:
    data: bytes
    type: str
    """Media (MIME) type."""
    codec: str
    """FFmpeg's name."""
    width: int
    height: int


def read_cover(path: Path) -> Cover:
    """Raises ValueError where it is neither JPEG nor PNG, OSError where it cannot be read."""
    data = path.read_bytes()
    try:
        with Image.open(path, formats=tuple(_CODECS)) as picture:
            kind, (width, height) = str(picture.format), picture.size
    except UnidentifiedImageError as error:
        raise ValueError(f"the cover {path.name} is neither JPEG nor PNG") from error
    return Cover(data, _TYPES[kind], _CODECS[kind], width, height)


def picture_block(cover: Cover) -> str:
    """METADATA_BLOCK_PICTURE of Vorbis comments: the block of RFC 9639, 8.8, in base64."""
    kind = cover.type.encode()
    body = struct.pack(
        f">II{len(kind)}sI4II",
        FRONT_COVER,
        len(kind),
        kind,
        0,
        cover.width,
        cover.height,
        24,
        0,
        len(cover.data),
    )
    return base64.b64encode(body + cover.data).decode()

"""ID3v2.3 tags with chapters and a cover.

Written here because FFmpeg's muxer puts comments where players do not look, and would make the
Xing header anew without the encoder's delay. Version 2.3 is what cheap players read, in UTF-16
where a text is not ASCII; it has all that is needed.
https://id3.org/id3v2.3.0, https://id3.org/id3v2-chapters-1.0
"""

import struct
from collections.abc import Sequence
from fractions import Fraction

from encoders.product import Tags
from encoders.tagged.chapters import MILLISECOND, FileChapter
from encoders.tagged.cover import FRONT_COVER, Cover

_NO_OFFSET = 0xFFFFFFFF  # chapters are found by their times
_TOP_AND_ORDERED = 0x03
_MOST_LISTED = 255
"""Entries of a table of contents; what comes after them is a chapter that is not listed."""
_ANY_LANGUAGE = b"X" * 3


def id3_tag(
    tags: Tags, chapters: Sequence[FileChapter], cover: Cover | None, duration: Fraction
) -> bytes:
    """`duration` in seconds. Raises ValueError where it all is over 256 MB."""
    frames = b"".join(
        [
            *(_text(kind, value) for kind, value in _texts(tags, duration) if value),
            _comment(tags.comment) if tags.comment else b"",
            _licence(tags.licence) if tags.licence else b"",
            *_contents(chapters),
            _picture(cover) if cover else b"",
        ]
    )
    if len(frames) >= 1 << 28:
        raise ValueError("the tags of an MP3 file hold 256 MB at most: use a smaller cover")
    size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frames


def _texts(tags: Tags, duration: Fraction) -> list[tuple[bytes, str]]:
    year, _, day = tags.date.partition("-")
    month_and_day = day.split("-")
    return [
        (b"TIT2", tags.title),
        (b"TPE1", tags.artist),
        (b"TALB", tags.album),
        (b"TRCK", "" if tags.track is None else str(tags.track)),
        (b"TYER", year),
        (b"TDAT", "".join(reversed(month_and_day)) if len(month_and_day) == 2 else ""),
        (b"TCON", tags.genre),
        (b"TLEN", str(round(duration / MILLISECOND))),
    ]


def _frame(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">4sI2x", kind, len(body)) + body


def _encoded(value: str) -> tuple[bytes, bytes, bytes]:
    """The mark of the encoding, the text, and what ends a text in it."""
    if value.isascii():
        return b"\0", value.encode("ascii"), b"\0"
    return b"\1", b"\xff\xfe" + value.encode("utf-16-le"), b"\0\0"


def _text(kind: bytes, value: str) -> bytes:
    mark, text, _ = _encoded(value)
    return _frame(kind, mark + text)


def _comment(value: str) -> bytes:
    mark, text, end = _encoded(value)
    nothing = end if mark == b"\0" else b"\xff\xfe" + end
    return _frame(b"COMM", mark + _ANY_LANGUAGE + nothing + text)


def _licence(value: str) -> bytes:
    """A page's address, or words about the copyright."""
    if value.isascii() and value.startswith(("http://", "https://")):
        return _frame(b"WCOP", value.encode("ascii"))
    return _text(b"TCOP", value)


def _picture(cover: Cover) -> bytes:
    head = b"\0" + cover.type.encode() + b"\0" + bytes((FRONT_COVER,)) + b"\0"
    return _frame(b"APIC", head + cover.data)


def _contents(chapters: Sequence[FileChapter]) -> list[bytes]:
    names = [f"chp{number}".encode() + b"\0" for number in range(len(chapters))]
    if not names:
        return []
    listed = names[:_MOST_LISTED]
    head = b"toc\0" + bytes((_TOP_AND_ORDERED, len(listed)))
    frames = [_frame(b"CTOC", head + b"".join(listed))]
    for name, chapter in zip(names, chapters, strict=True):
        times = struct.pack(">4I", chapter.start, chapter.stop, _NO_OFFSET, _NO_OFFSET)
        frames.append(_frame(b"CHAP", name + times + _text(b"TIT2", chapter.title)))
    return frames

"""What a file is by its first bytes, where it is known not to be a recording."""

from pathlib import Path

_HEAD = 65_536

_PLAYLISTS = (
    (b"#extm3u", "HLS playlist"),
    (b"ffconcat version", "FFmpeg concat list"),
    (b"<mpd", "DASH manifest"),
    (b"<smoothstreamingmedia", "Smooth Streaming manifest"),
    (b"<smil", "SMIL presentation"),
    (b"<asx", "ASX playlist"),
    (b"[playlist]", "PLS playlist"),
    (b"[reference]", "ASF reference"),
    (b"v=0\r\no=", "SDP description"),
    (b"v=0\no=", "SDP description"),
)
"""Looked for anywhere in text, lower case."""

_LINKS = (b"http://", b"https://", b"rtsp://", b"mms://", b"file:")
"""Text that starts so only points to a recording."""

_MAGIC = (
    (b"PK\x03\x04", "archive", "ZIP archive or office document"),
    (b"Rar!\x1a\x07", "archive", "RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "7z archive"),
    (b"\x1f\x8b", "archive", "gzip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "archive", "old office document"),
    (b"%PDF-", "archive", "PDF document"),
    (b"#!SILK", "silk-voice", ""),
    (b"\x02#!SILK", "silk-voice", ""),
    (b"version https://git-lfs", "git-lfs-pointer", ""),
)


def refuse_lookalikes(path: Path) -> tuple[str, str] | None:
    """The finding's code and a detail for a file that is no recording; None where it may be one.

    Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        return "empty-file", ""
    for magic, code, detail in _MAGIC:
        if head.startswith(magic):
            return code, detail
    return _refuse_text(head)


def _refuse_text(head: bytes) -> tuple[str, str] | None:
    text = _as_text(head)
    if text is None:
        return None
    for sign, detail in _PLAYLISTS:
        if sign in text:
            return "playlist-as-media", detail
    if text.startswith(_LINKS):
        return "playlist-as-media", "link"
    if text.startswith((b"<!doctype html", b"<html")):
        return "text-file", "web page"
    return "text-file", "text"


def _as_text(head: bytes) -> bytes | None:
    """Lower-case bytes where the head is text in ASCII, UTF-8, GBK or marked UTF-16, else None."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            head = head[2:].decode(encoding, errors="replace").encode()
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if any(byte < 9 or 13 < byte < 32 or byte == 127 for byte in body):
        return None
    return body.lower()

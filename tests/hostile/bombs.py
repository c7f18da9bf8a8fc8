"""Small files that want much: memory, time, streams, depth."""

import io
import struct
import zlib
from functools import cache, partial
from itertools import product

from PIL import Image

from tests.hostile.attack import MENDED, Attack, refused, upload
from tests.hostile.boxes import Box, blocks, edit, join, parse, put
from tests.hostile.scene import H264_AAC, healthy, made, source

TOO_LARGE = refused("too-large-picture", "undecodable", "zero-duration")
NO_PICTURE_FILE = refused("format-not-allowed", "not-media")
SIDE = 16_000


def png(side: int = SIDE) -> bytes:
    """A black picture: 256 MB when it is unpacked, some 250 KB here."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(bytes(side + 1)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("L", (64, 64), 128).save(file, "JPEG")
    return file.getvalue()


def enlarged(data: bytes, side: int = SIDE) -> bytes:
    """A small JPEG's frame header (SOF0, ITU-T T.81 B.2.2) says that it is large."""
    return put(data, data.index(b"\xff\xc0\x00\x0b") + 5, ">HH", side, side)


@cache
def png_bomb() -> bytes:
    return png()


def bomb_in(extension: str, kind: str) -> bytes:
    """The picture as the only video frame of a recording."""
    data = png_bomb() if kind == "png" else jpeg()
    pictures = ("-f", f"{kind}_pipe", "-i", "bomb", "-c", "copy")
    recording = made(extension, *pictures, files={"bomb": data})
    return recording if kind == "png" else enlarged(recording)


def many_tracks(count: int) -> bytes:
    """An mp4 whose video track is there `count` times."""
    top = parse(healthy("mp4"))
    moov = next(box for box in top if box.kind == b"moov")
    track = next(box for box in moov.children if box.kind == b"trak")
    moov.children += [track] * (count - 2)
    return join(top)


def years_by_duration() -> bytes:
    """Every picture lasts 68 years."""

    def stretch(body: bytes) -> bytes:
        (count,) = struct.unpack_from(">I", body, 4)
        return body[:8] + b"".join(
            body[8 + 8 * i : 12 + 8 * i] + struct.pack(">I", 0x7FFFFFFF) for i in range(count)
        )

    slow = edit(healthy("mp4"), b"stts", stretch)
    return edit(slow, b"mdhd", lambda body: put(body, 12, ">I", 1))


def years_by_jump() -> bytes:
    """The second half begins nine years after the first."""
    late = "setpts=PTS+gte(N\\,25)*300000000/TB"
    return made("mkv", *source(), "-vf", late, "-fps_mode", "passthrough", *H264_AAC)


def zero_timescale() -> bytes:
    data = edit(healthy("mp4"), b"mvhd", lambda body: put(body, 12, ">I", 0))
    return edit(data, b"mdhd", lambda body: put(body, 12, ">I", 0))


def nested(depth: int) -> bytes:
    """Boxes in boxes in boxes."""
    box = Box(b"free", bytes(8))
    data = box.data()
    for _ in range(depth):
        data = struct.pack(">I4s", 8 + len(data), b"trak") + data
    return healthy("mp4")[:32] + struct.pack(">I4s", 8 + len(data), b"moov") + data


def giant_first_box() -> bytes:
    """A box of 2^63 - 1 bytes before all others."""
    return struct.pack(">I4sQ", 1, b"mdat", 2**63 - 1) + healthy("mp4")


def giant_table(kind: bytes) -> bytes:
    """A sample table that says it has 2^32 - 1 entries."""
    place = 8 if kind == b"stsz" else 4
    return edit(healthy("mp4"), kind, lambda body: put(body, place, ">I", 0xFFFFFFFF))


def giant_track() -> bytes:
    """A sample entry that says 65535 x 65535 over H.264 that is small."""
    return edit(healthy("mp4"), b"stsd", lambda body: _sized(body, 0xFFFF))


def _sized(body: bytes, side: int) -> bytes:
    return put(body, 8 + 32, ">HH", side, side) if body[12:16] == b"avc1" else body


def laced() -> bytes:
    """Matroska blocks that say they hold 256 frames with EBML lacing (RFC 9559 section 10.3)."""
    data = bytearray(healthy("mkv"))
    for start, stop in blocks(bytes(data)):
        if stop - start > 8:
            data[start + 3] |= 0x06
            data[start + 4] = 0xFF
    return bytes(data)


def attachments(count: int = 400) -> bytes:
    """Every attachment of a Matroska file is a stream to FFmpeg."""
    attach = ("-attach", "note.txt") * count
    kind = ("-metadata:s:t", "mimetype=text/plain")
    return made("mkv", *source(), *attach, *kind, *H264_AAC, files={"note.txt": b"note"})


def id3_bomb() -> bytes:
    """A compressed ID3v2.4 frame of 200 MB before a sound MP3 (id3.org/id3v2.4.0-structure)."""

    def safe(number: int) -> bytes:
        return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))

    unpacked = 200 << 20
    packed = safe(unpacked) + zlib.compress(bytes(unpacked), 1)
    frame = b"TXXX" + safe(len(packed)) + b"\x00\x09" + packed
    tag = b"ID3\x04\x00\x00" + safe(len(frame)) + frame
    return tag + made("mp3", "-f", "lavfi", "-i", "sine=d=2", "-c:a", "libmp3lame")


def subtitle_flood(count: int = 100_000) -> bytes:
    """A hundred thousand subtitles in one second."""
    text = "".join(
        f"{n + 1}\n00:00:01,{n * 900 // count:03d} --> 00:00:02,000\n{n}\n\n" for n in range(count)
    )
    flood = ("-i", "flood.srt", *H264_AAC, "-c:s", "srt")
    return made("mkv", *source(), *flood, files={"flood.srt": text.encode()})


UNREADABLE = refused("not-media", "unfinished", "no-streams", "undecodable", "zero-duration")

BOMBS = (
    *(
        Attack(
            f"{kind}-in-{extension}",
            upload(f"a.{extension}", partial(bomb_in, extension, kind)),
            TOO_LARGE,
        )
        for extension, kind in product(("mov", "mkv", "avi"), ("png", "jpeg"))
    ),
    Attack("png-as-mp4", upload("a.mp4", png_bomb), NO_PICTURE_FILE),
    Attack("jpeg-as-mp4", upload("a.mp4", enlarged(jpeg())), NO_PICTURE_FILE),
    Attack("giant-track", upload("a.mp4", giant_track), None),
    Attack("many-tracks", upload("a.mp4", partial(many_tracks, 800)), refused("too-many-streams")),
    Attack("thousands-of-tracks", upload("a.mp4", partial(many_tracks, 5000)), None),
    Attack("attachments", upload("a.mkv", attachments), refused("too-many-streams")),
    Attack("years-by-duration", upload("a.mp4", years_by_duration), refused("too-long")),
    Attack("years-by-jump", upload("a.mkv", years_by_jump), None),
    Attack("zero-timescale", upload("a.mp4", zero_timescale), None),
    Attack("nested-100", upload("a.mp4", partial(nested, 100)), UNREADABLE),
    Attack("nested-20000", upload("a.mp4", partial(nested, 20_000)), UNREADABLE),
    Attack("giant-first-box", upload("a.mp4", giant_first_box), UNREADABLE),
    *(
        Attack(f"giant-{kind.decode()}", upload("a.mp4", partial(giant_table, kind)), None)
        for kind in (b"stsz", b"stts", b"stsc", b"stco", b"stss")
    ),
    Attack("laced", upload("a.mkv", laced), None),
    Attack("id3-bomb", upload("a.mp3", id3_bomb), None),
    Attack("subtitle-flood", upload("a.mkv", subtitle_flood), MENDED),
)

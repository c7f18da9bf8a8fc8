"""Files that are broken, cut short or locked, by accident or not."""

import random
from functools import cache, partial

from tests.hostile.attack import MENDED, Attack, refused, upload
from tests.hostile.scene import healthy, made, source

PACKET = 188
"""Bytes of a transport stream packet (ISO/IEC 13818-1)."""
FRONT = ("-movflags", "+faststart")


def cut(extension: str, share: float, *options: str) -> bytes:
    data = healthy(extension, "160x120", *options)
    return data[: int(len(data) * share)]


def encrypted() -> bytes:
    """Common Encryption, ISO/IEC 23001-7."""
    return healthy(
        "mp4",
        "160x120",
        *("-encryption_scheme", "cenc-aes-ctr"),
        *("-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"),
        *("-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"),
    )


def scrambled() -> bytes:
    """Transport packets that say they are scrambled, and are (ETSI ETR 289)."""
    data = bytearray(healthy("ts"))
    noise = random.Random(7)
    for at in range(0, len(data), PACKET):
        pid = (data[at + 1] & 0x1F) << 8 | data[at + 2]
        if 0x100 <= pid < 0x1000:  # FFmpeg puts streams there, the table of them above
            data[at + 3] |= 0xC0
            header = 4 + (1 + data[at + 4] if data[at + 3] & 0x20 else 0)
            data[at + header : at + PACKET] = noise.randbytes(max(0, PACKET - header))
    return bytes(data)


FOUND = {"ts": (16, 100), "flv": (39,), "avi": (40,)}
"""Seeds that once ended badly."""

FUZZED = ("mp4", "mkv", "ts", "avi", "flv", "asf")


def fuzzed(extension: str, seed: int) -> bytes:
    """A healthy file with a few dozen bytes changed, half of them in its headers."""
    chance = random.Random(f"{extension} {seed}")
    data = bytearray(_base(extension))
    for index in range(chance.choice((4, 16, 64))):
        reach = min(len(data), 2048) if index % 2 else len(data)
        data[chance.randrange(reach)] = chance.randrange(256)
    return bytes(data)


@cache
def _base(extension: str) -> bytes:
    if extension == "avi":
        return made("avi", *source(), "-c:v", "mpeg4", "-c:a", "mp2")
    if extension == "asf":
        return made("asf", *source(), "-c:v", "msmpeg4", "-c:a", "wmav2")
    return healthy(extension)


def size_change() -> bytes:
    """Two transport streams of different picture sizes, one after the other."""
    return healthy("ts", "160x120") + healthy("ts", "320x240")


def surround() -> bytes:
    """Nothing is wrong with it: eight channels, each in a plane of its own."""
    sound = ("-f", "lavfi", "-i", "sine=r=48000:d=2,aformat=channel_layouts=7.1")
    return made("m4a", *sound, "-c:a", "aac")


DAMAGE = (
    Attack("surround", upload("a.m4a", surround), MENDED),
    Attack("tail-cut-mp4", upload("a.mp4", partial(cut, "mp4", 0.6, *FRONT)), MENDED),
    Attack("tail-cut-mkv", upload("a.mkv", partial(cut, "mkv", 0.6)), MENDED),
    Attack("tail-cut-ts", upload("a.ts", partial(cut, "ts", 0.6)), MENDED),
    Attack("tail-cut-flv", upload("a.flv", partial(cut, "flv", 0.6)), MENDED),
    Attack("index-cut-mp4", upload("a.mp4", partial(cut, "mp4", 0.9)), refused("unfinished")),
    Attack(
        "headers-only-mp4",
        upload("a.mp4", partial(cut, "mp4", 0.05, *FRONT)),
        refused("unfinished", "undecodable", "zero-duration", "not-media"),
    ),
    Attack("encrypted", upload("a.mp4", encrypted), refused("scrambled")),
    Attack("scrambled", upload("a.ts", scrambled), refused("scrambled")),
    Attack("size-change", upload("a.ts", size_change), MENDED),
    Attack("zeros", upload("a.mp4", bytes(100_000)), refused("not-media")),
    Attack("noise", upload("a.mp4", random.Random(1).randbytes(100_000)), refused("not-media")),
    Attack("web-page", upload("a.mp4", b"<!DOCTYPE html><p>404"), refused("text-file")),
    Attack("zip", upload("a.mp4", b"PK\3\4" + bytes(1000)), refused("archive")),
)

FUZZ = tuple(
    Attack(
        f"fuzz-{extension}-{seed}", upload(f"a.{extension}", partial(fuzzed, extension, seed)), None
    )
    for extension in FUZZED
    for seed in (*range(8), *FOUND.get(extension, ()))
)

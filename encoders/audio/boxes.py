"""The CMAF boxes of an AAC track (ISO/IEC 14496-12 and -14, 23000-19): init and fragments.

Written here because FFmpeg's muxer cuts audio fragments at packets or at durations it counts
itself, and neither is the grid of whole AAC frames the segments need.
"""

import struct
from collections.abc import Sequence

FRAME = 1024
"""Samples an AAC-LC access unit holds."""

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # "und", three letters of five bits (14496-12, 8.4.2)
_SYNC_SAMPLE = 0x02000000  # sample_depends_on = 2: every AAC frame stands alone (8.8.3.1)
_DEFAULT_BASE_IS_MOOF = 0x020000
_TRUN_OFFSET_AND_SIZES = 0x000201


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def init(sample_rate: int, channels: int, config: bytes, bitrate: int) -> bytes:
    """The initialisation segment; timescale = `sample_rate`, no edit list.

    `config` is the AudioSpecificConfig (the encoder's extradata), `bitrate` in bits a second.
    """
    brands = box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"cmfc", b"caac", b"mp41")
    movie = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">4IIH10x", 0, 0, sample_rate, 0, 0x10000, 0x100),
        _MATRIX,
        struct.pack(">24xI", 2),
    )
    extends = full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, FRAME, 0, _SYNC_SAMPLE))
    track = _track(sample_rate, channels, config, bitrate)
    return brands + box(b"moov", movie, track, box(b"mvex", extends))


def _track(sample_rate: int, channels: int, config: bytes, bitrate: int) -> bytes:
    header = full_box(  # flags: enabled, in movie, in preview
        b"tkhd", 0, 7, struct.pack(">3I4xI8xHHH2x", 0, 0, 1, 0, 0, 1, 0x100), _MATRIX, bytes(8)
    )
    media = full_box(b"mdhd", 0, 0, struct.pack(">4IHH", 0, 0, sample_rate, 0, _UNDETERMINED, 0))
    handler = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"soun"), b"sound\0")
    local = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    info = box(
        b"minf",
        full_box(b"smhd", 0, 0, bytes(4)),
        box(b"dinf", local),
        _sample_table(sample_rate, channels, config, bitrate),
    )
    return box(b"trak", header, box(b"mdia", media, handler, info))


def _sample_table(sample_rate: int, channels: int, config: bytes, bitrate: int) -> bytes:
    entry = box(
        b"mp4a",
        struct.pack(">6xH8xHH4xI", 1, channels, 16, sample_rate << 16),
        _elementary_stream(config, bitrate),
    )
    empty = [full_box(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc")]
    sizes = full_box(b"stsz", 0, 0, bytes(8))
    chunks = full_box(b"stco", 0, 0, bytes(4))
    described = full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)
    return box(b"stbl", described, *empty, sizes, chunks)


def _elementary_stream(config: bytes, bitrate: int) -> bytes:
    """`esds`, ISO/IEC 14496-1, 7.2.6: object type 0x40 is MPEG-4 audio, stream type 5 is audio."""
    decoder = struct.pack(">BBxHII", 0x40, 5 << 2 | 1, 0, bitrate, bitrate)
    described = _descriptor(4, decoder + _descriptor(5, config))
    return full_box(b"esds", 0, 0, _descriptor(3, bytes(3) + described + _descriptor(6, b"\x02")))


def _descriptor(tag: int, body: bytes) -> bytes:
    if len(body) > 127:
        raise ValueError(f"a descriptor of {len(body)} bytes needs a longer length field")
    return bytes((tag, len(body))) + body


def fragment(sequence: int, start: int, frames: Sequence[bytes]) -> bytes:
    """One `moof` and `mdat`; `start` is the first sample's time in ticks of the sample rate."""
    sizes = struct.pack(f">{len(frames)}I", *map(len, frames))

    def moof(offset: int) -> bytes:
        run = struct.pack(">Ii", len(frames), offset)
        return box(
            b"moof",
            full_box(b"mfhd", 0, 0, struct.pack(">I", sequence)),
            box(
                b"traf",
                full_box(b"tfhd", 0, _DEFAULT_BASE_IS_MOOF, struct.pack(">I", 1)),
                full_box(b"tfdt", 1, 0, struct.pack(">Q", start)),
                full_box(b"trun", 0, _TRUN_OFFSET_AND_SIZES, run, sizes),
            ),
        )

    data = 8 + len(moof(0))  # the first frame follows the moof and the mdat's header
    return moof(data) + box(b"mdat", *frames)

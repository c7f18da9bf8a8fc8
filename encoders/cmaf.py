"""A fragmented MP4 byte stream, cut into its CMAF pieces while it is written.

Box layouts: ISO/IEC 14496-12 (`moof`, `tfhd`, `tfdt`, `trun`), 14496-15 (`avcC`), 14496-1 (`esds`).
One track, one `traf` a `moof`: what `movflags=frag_keyframe+empty_moov` writes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = 8
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex"}


@dataclass(frozen=True, slots=True)
class Init:
    """`ftyp` and `moov`."""

    data: bytes
    timescale: int
    """Ticks a second of the track."""
    codecs: str
    """RFC 6381, e.g. `avc1.64001E`, `mp4a.40.2`."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One `moof` with its `mdat` (and what came before it, e.g. a `styp`)."""

    data: bytes
    start: int
    """baseMediaDecodeTime, ticks."""
    duration: int
    """Sum of the samples' durations, ticks."""
    samples: int
    key_bytes: int
    """Bytes from the fragment's start to the end of its first sample."""


class Splitter:
    """A file PyAV can write to (it cannot seek); whole pieces are taken from the other end.

    Writing never fails, for FFmpeg would not tell: what goes wrong is raised by `take`.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._boxes: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pending += data
        return len(data)

    def take(self) -> Iterator[Init | Fragment]:
        """The pieces that are whole by now: the init first, then fragments, each once.

        Raises ValueError where the stream is not a fragmented MP4 of one track.
        """
        while (box := self._take_box()) is not None:
            self._boxes.append(box)
            match _kind(box):
                case b"moov":
                    yield read_init(self._join())
                case b"mdat":
                    yield read_fragment(self._join())

    def finish(self) -> None:
        """Raises ValueError where the stream ended inside a piece."""
        if self._pending or any(_kind(box) != b"mfra" for box in self._boxes):
            raise ValueError("the MP4 stream ended inside a fragment")

    def _join(self) -> bytes:
        piece = b"".join(self._boxes)
        self._boxes.clear()
        return piece

    def _take_box(self) -> bytes | None:
        if len(self._pending) < _HEADER:
            return None
        size = int.from_bytes(self._pending[:4])
        if size < _HEADER:
            raise ValueError(f"an MP4 box of {size} bytes; a plain 32-bit size was expected")
        if len(self._pending) < size:
            return None
        box = bytes(self._pending[:size])
        del self._pending[:size]
        return box


def read_init(data: bytes) -> Init:
    """Raises ValueError where the timescale or a known codec is missing."""
    boxes = dict(_walk(data))
    try:
        header, entries = boxes[b"mdhd"], boxes[b"stsd"]
    except KeyError as missing:
        raise ValueError(f"the MP4 init has no {missing} box") from None
    at = 20 if header[0] == 1 else 12  # version 1 has 64-bit dates
    return Init(data, int.from_bytes(header[at : at + 4]), _codecs(entries))


def read_fragment(data: bytes) -> Fragment:
    """`data` ends with one `mdat`. Raises ValueError where it is not one whole fragment."""
    boxes = dict(_walk(data))
    try:
        header, time, run = boxes[b"tfhd"], boxes[b"tfdt"], boxes[b"trun"]
    except KeyError as missing:
        raise ValueError(f"the MP4 fragment has no {missing} box") from None
    samples = _samples(header, run)
    start = int.from_bytes(time[4 : 12 if time[0] == 1 else 8])
    body = sum(size for _, size in samples)
    if not samples or len(boxes[b"mdat"]) != body:
        raise ValueError(f"an MP4 fragment of {len(boxes[b'mdat'])} bytes lists {body}")
    return Fragment(
        data=data,
        start=start,
        duration=sum(duration for duration, _ in samples),
        samples=len(samples),
        key_bytes=len(data) - body + samples[0][1],
    )


def _walk(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every box that is not a plain container, depth first: its kind and its body."""
    at = 0
    while at + _HEADER <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + _HEADER : at + size]
        if kind in _CONTAINERS:
            yield from _walk(body)
        else:
            yield kind, body
        at += max(size, _HEADER)


def _kind(box: bytes) -> bytes:
    return box[4:8]


def _samples(header: bytes, run: bytes) -> list[tuple[int, int]]:
    """(duration, size) of each sample: `tfhd` defaults, overridden by `trun` (8.8.7, 8.8.8)."""
    default_duration, default_size = _defaults(header)
    flags, count = int.from_bytes(run[1:4]), int.from_bytes(run[4:8])
    at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    samples = []
    for values in struct.iter_unpack(f">{len(fields)}I", run[at:]) if fields else [()] * count:
        given = dict(zip(fields, values, strict=True))
        samples.append((given.get(0x100, default_duration), given.get(0x200, default_size)))
    if len(samples) != count:
        raise ValueError(f"an MP4 run of {count} samples lists {len(samples)}")
    return samples


def _defaults(header: bytes) -> tuple[int, int]:
    """Default sample duration and size of a `tfhd`; 0 where it has none."""
    flags, at = int.from_bytes(header[1:4]), 8
    at += (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    found = []
    for bit in (0x8, 0x10):
        found.append(int.from_bytes(header[at : at + 4]) if flags & bit else 0)
        at += 4 if flags & bit else 0
    return found[0], found[1]


def _codecs(entries: bytes) -> str:
    """The codecs parameter (RFC 6381) of the one sample entry in an `stsd`."""
    kind = entries[12:16]
    if kind == b"avc1" and (at := entries.find(b"avcC")) >= 0:
        return f"avc1.{entries[at + 5 : at + 8].hex().upper()}"
    if kind == b"mp4a" and (at := entries.find(b"esds")) >= 0:
        return f"mp4a.40.{_audio_object_type(entries[at + 8 :])}"
    raise ValueError(f"no codecs string is known for the sample entry {kind!r}")


def _audio_object_type(descriptors: bytes) -> int:
    """From ES_Descriptor > DecoderConfigDescriptor > AudioSpecificConfig (14496-3, 1.6.2.1)."""
    skips = {0x03: 3, 0x04: 13}
    at = 0
    while at < len(descriptors):
        tag = descriptors[at]
        at += 1
        while descriptors[at] & 0x80:
            at += 1
        at += 1
        if tag == 0x05:
            kind = descriptors[at] >> 3
            return (
                32 + (int.from_bytes(descriptors[at : at + 2]) >> 5 & 0x3F) if kind == 31 else kind
            )
        at += skips.get(tag, len(descriptors))
    raise ValueError("the MP4 init has no AudioSpecificConfig")

"""ISO base media boxes and Matroska elements, taken apart to be put together wrongly.

ISO/IEC 14496-12 section 4.2; RFC 8794 section 4 and RFC 9559.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CONTAINERS = frozenset(
    (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"mvex", b"moof", b"traf")
)


@dataclass(slots=True)
class Box:
    kind: bytes
    body: bytes = b""
    """Payload of a leaf; empty where there are children."""
    children: list["Box"] = field(default_factory=list)

    def data(self) -> bytes:
        body = b"".join(child.data() for child in self.children) if self.children else self.body
        return struct.pack(">I4s", 8 + len(body), self.kind) + body

    def walk(self) -> Iterator["Box"]:
        yield self
        for child in self.children:
            yield from child.walk()


def parse(data: bytes) -> list[Box]:
    """Boxes of a sound file without 64-bit sizes."""
    boxes, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + size]
        boxes.append(Box(kind, b"", parse(body)) if kind in CONTAINERS else Box(kind, body))
        at += size
    return boxes


def join(boxes: list[Box]) -> bytes:
    return b"".join(box.data() for box in boxes)


def edit(data: bytes, kind: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Every box of a kind with its payload changed; sizes follow, chunk offsets do not."""
    boxes = parse(data)
    found = [box for top in boxes for box in top.walk() if box.kind == kind]
    assert found, f"no {kind!r} in this file"
    for box in found:
        box.body = change(box.body)
    return join(boxes)


def put(body: bytes, at: int, layout: str, *values: int) -> bytes:
    """`body` with numbers written at a place."""
    new = struct.pack(layout, *values)
    return body[:at] + new + body[at + len(new) :]


SEGMENT, CLUSTER, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK = 0x18538067, 0x1F43B675, 0xA3, 0xA0, 0xA1


def blocks(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """(start, stop) of the payload of every Block and SimpleBlock of a Matroska file."""
    stop = len(data) if end is None else end
    while at < stop:
        element, at = _number(data, at, keep_marker=True)
        size, at = _number(data, at, keep_marker=False)
        last = min(at + size, stop)
        if element in (SEGMENT, CLUSTER, BLOCK_GROUP):
            yield from blocks(data, at, last)
        elif element in (SIMPLE_BLOCK, BLOCK):
            yield at, last
        at = last


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """An EBML variable-size integer and the place behind it."""
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big")
    if not keep_marker:
        value &= (1 << 7 * length) - 1
    return value, at + length

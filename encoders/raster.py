"""One raster rendition of one chunk: an elementary stream of closed GOPs, in a NUT file.

The flags that are not plain:

- `avoid_negative_ts=disabled`: NUT would move all times where the first decoding time is below
  zero, and pts would be no slots any more.
- Headers are repeated at every GOP, not kept aside: a receiver may tune in at any of them.
- `sc_threshold` of 10^9: without it mpeg2video refuses closed GOPs, and would place I pictures of
  its own. `strict_gop`: without it a closed GOP ends as many pictures early as it has B pictures.
- `rc_init_occupancy` and `vbv-init`: as for a CMAF rendition, so that chunks may be joined (see
  `encoders.h264.chunk_buffer`).
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from encoders.artifact import publish
from encoders.h264 import Buffer, chunk_buffer
from encoders.lane import BLOCK
from encoders.shape import Target
from encoders.slots import slot_of
from encoders.tasks import ChunkTask, Elementary, Gop, RasterRendition
from encoders.verify import Faulty

if TYPE_CHECKING:
    from encoders.captions.draw import Burner

TYPE = "video/x-nut"
_NEVER = 1_000_000_000
_ENCODERS = {"h264": "libx264", "mpeg2": "mpeg2video", "mpeg1": "mpeg1video"}
_COLOR = 5  # ITU-T H.273: BT.470 System B and G, the matrix of BT.601
_TRANSFER = 6
_LIMITED = 1


def raster_slots(task: ChunkTask, rate: Fraction) -> tuple[int, int]:
    """The chunk's half-open span of slots on a clock of its own rate; chunks join without a gap."""
    first = slot_of(task.first / task.rate, rate)
    last = slot_of(task.last / task.rate, rate)
    # A lesson that is shorter than a picture has one all the same.
    return first, max(last, first + 1) if task.source.stop is None else last


class RasterLane:
    """One raster rendition, from pictures to a verified piece."""

    def __init__(self, task: ChunkTask, rendition: RasterRendition) -> None:
        self.target: Target = rendition.width, rendition.height, rendition.aspect
        self.rate, self.fields = rendition.rate, rendition.fields
        self._rendition = rendition
        self._folder = Path(task.folder)
        self._first, self._last = raster_slots(task, rendition.rate)
        self._path = self._folder / f"{rendition.name}-{self._first:07d}.part"
        self._container, self._stream = _open(self._path, rendition)
        buffer = _buffer(task, rendition, self._last - self._first)
        self._stream.codec_context.bit_rate = min(rendition.bitrate, int(buffer.rate))
        self._stream.codec_context.options = _options(rendition, buffer)
        self._burner = _burner(rendition)
        self._waiting: list[tuple[int, VideoFrame]] = []

    def add(self, slot: int, frame: VideoFrame) -> None:
        self._waiting.append((slot, frame))
        if len(self._waiting) == BLOCK:
            self._encode()

    def _encode(self) -> None:
        for slot, frame in self._waiting:
            picture = frame if self._burner is None else self._burner.over(frame, slot)
            picture.pts, picture.time_base = slot, 1 / self._rendition.rate
            picture.pict_type = PictureType.NONE
            self._mux(picture)
        self._waiting.clear()

    def _mux(self, frame: VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            packet.duration = 1
            self._container.mux_one(packet)

    def finish(self) -> Elementary:
        """Raises Faulty where the file is not what was encoded."""
        self._encode()
        self._mux(None)
        self._container.close()
        gops = gops_of(self._path, self._rendition.rate, self._first, self._last)
        self._check(gops)
        name = self._path.stem
        file = publish(self._path, self._folder, name, "nut", TYPE)
        return Elementary(self._rendition.name, file, self._first, gops)

    def _check(self, gops: Sequence[Gop]) -> None:
        pictures, whole = self._last - self._first, self._rendition.gop
        due = [whole] * (pictures // whole) + [pictures % whole] * (pictures % whole > 0)
        found = [gop.pictures for gop in gops]
        if found != due:
            raise Faulty(f"{self._path.name}: GOPs of {found} pictures, expected {due}")


def gops_of(path: Path, rate: Fraction, first: int, last: int) -> tuple[Gop, ...]:
    """Opened again, every picture counted. Raises Faulty where a slot is missing or twice."""
    gops: list[list[int]] = []
    slots = []
    with av.open(str(path), "r", format="nut") as container:
        for packet in container.demux(container.streams.video[0]):
            if not packet.size or packet.pts is None or packet.time_base is None:
                continue
            if packet.is_keyframe:
                gops.append([0, 0])
            if not gops:
                raise Faulty(f"{path.name} does not begin with an intra picture")
            gops[-1][0] += 1
            gops[-1][1] += packet.size
            slots.append(round(packet.pts * packet.time_base * rate))
    if sorted(slots) != list(range(first, last)):
        raise Faulty(f"{path.name} holds {len(slots)} pictures, expected slots {first} to {last}")
    return tuple(Gop(pictures, size) for pictures, size in gops)


def _burner(rendition: RasterRendition) -> "Burner | None":
    if not rendition.burn:
        return None
    from encoders.captions.draw import Burner  # and Pillow's fonts, for those who need them

    return Burner(
        rendition.burn,
        rendition.width,
        rendition.height,
        sample_aspect(rendition),
        rendition.rate,
    )


def sample_aspect(rendition: RasterRendition) -> Fraction:
    return rendition.aspect * rendition.height / rendition.width


def _open(path: Path, rendition: RasterRendition) -> tuple[OutputContainer, VideoStream]:
    container = av.open(
        str(path),
        "w",
        format="nut",
        container_options={"fflags": "+bitexact", "avoid_negative_ts": "disabled"},
    )
    stream = container.add_stream(_ENCODERS[rendition.codec], rate=rendition.rate)
    if not isinstance(stream, VideoStream):
        raise TypeError(f"{rendition.codec} is no codec for pictures")
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = rendition.width, rendition.height, "yuv420p"
    context.time_base = 1 / rendition.rate
    context.sample_aspect_ratio = sample_aspect(rendition)
    context.colorspace, context.color_range = _COLOR, _LIMITED
    context.color_primaries, context.color_trc = _COLOR, _TRANSFER
    context.thread_count = 1
    context.flags |= Flags.bitexact
    context.flags &= ~Flags.global_header
    if rendition.codec != "h264":
        context.flags |= Flags.closed_gop
    if rendition.fields is not None:
        context.flags |= Flags.interlaced_dct | Flags.interlaced_me
    return container, stream


def _buffer(task: ChunkTask, rendition: RasterRendition, pictures: int) -> Buffer:
    if not rendition.joins:
        size = Fraction(rendition.buffer)
        return Buffer(Fraction(rendition.maxrate), size, size / 2)
    return chunk_buffer(
        rendition.maxrate,
        rendition.buffer,
        pictures / rendition.rate,
        last=task.source.stop is None,
    )


def _options(rendition: RasterRendition, buffer: Buffer) -> dict[str, str]:
    if rendition.codec == "h264":
        return _h264_options(rendition, buffer)
    options = {
        "g": rendition.gop,
        "bf": rendition.b_frames,
        "sc_threshold": _NEVER,
        "mpv_flags": "strict_gop",
        "maxrate": int(buffer.rate),
        "bufsize": int(buffer.size),
        "rc_init_occupancy": int(buffer.start),
    }
    if rendition.quantiser is not None:
        options["qmin"] = rendition.quantiser
    if rendition.codec == "mpeg1":
        options["me_range"] = 63  # constrained parameters: what every Video CD player decodes
    if rendition.codec == "mpeg2":
        # Finer steps in slides' gradients, at no cost (ISO/IEC 13818-2, 7.4.1 and 7.2.2.1).
        # What is spent on coding costs the most of little: `trellis` twice the time for 1 to 3 VMAF
        # at the same size, comparing modes by squared error nothing. `mbd` makes slides larger.
        options |= {"dc": 10, "intra_vlc": 1, "trellis": 1, "mbcmp": "sse"}
    if rendition.codec == "mpeg2" and rendition.joins:
        options["scan_offset"] = 1  # room for an SVCD's pointers (IEC 62107)
    return {name: str(value) for name, value in options.items()}


def _h264_options(rendition: RasterRendition, buffer: Buffer) -> dict[str, str]:
    size = int(buffer.size / 1000)  # x264 counts in whole kilobits
    own = {
        "keyint": rendition.gop,
        "min-keyint": rendition.gop,
        "scenecut": 0,
        "open-gop": 0,
        "bframes": rendition.b_frames,
        "stitchable": 1,
        "cpu-independent": 1,
        "sliced-threads": 0,
        "lookahead-threads": 1,
        "force-cfr": 1,
        "aud": 1,
        "vbv-maxrate": int(buffer.rate / 1000),
        "vbv-bufsize": size,
        "vbv-init": f"{min(1.0, float(buffer.start / (size * 1000))):.6f}",
    }
    if rendition.fields is not None:
        own[rendition.fields] = 1
    return {
        "preset": rendition.preset or "medium",
        "profile": "high",
        "forced-idr": "1",
        "a53cc": "0",
        "x264-params": ":".join(f"{name}={value}" for name, value in own.items()),
    }

"""One H.264 rendition of one chunk, straight into final CMAF segments.

The flags that are not plain:

- `stitchable`: headers do not depend on the content, so all chunks share one init segment.
- An IDR is forced where a segment starts, and x264 may not place another: with `min-keyint` over a
  segment's length, scene cuts become I pictures that are not IDR.
- `cpu-independent`: x264 otherwise picks faster float code on some processors.
- `delay_moov` with `frag_discont`: `tfdt` is absolute and equals the first picture's time. As B
  pictures delay decoding, composition times are later by that delay, and one edit list in the init
  takes it off again (ISO/IEC 23000-19, 7.5.13; Shaka Packager writes the same). Composition offsets
  below zero would need no edit list, but FFmpeg and players made of it show them that much late.
- `write_btrt=0`: that box would tell a chunk's own rate, and differ between chunks.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from encoders.cmaf import Fragment, Init, Splitter
from encoders.shape import Color
from encoders.tasks import VideoRendition

MOVIE_FLAGS = "frag_keyframe+delay_moov+default_base_moof+frag_discont+skip_trailer"
MIN_TIMESCALE = 10_000

# ITU-T H.264, table A-1, for High (bit rates and buffers are 1.25 times Baseline's, A.3.3):
# level, macroblocks a second, macroblocks a picture, bits a second, bits of buffer.
_LEVELS = (
    ("1.1", 3_000, 396, 240_000, 625_000),
    ("1.2", 6_000, 396, 480_000, 1_250_000),
    ("1.3", 11_880, 396, 960_000, 2_500_000),
    ("2", 11_880, 396, 2_500_000, 2_500_000),
    ("2.1", 19_800, 792, 5_000_000, 5_000_000),
    ("2.2", 20_250, 1_620, 5_000_000, 5_000_000),
    ("3", 40_500, 1_620, 12_500_000, 12_500_000),
    ("3.1", 108_000, 3_600, 17_500_000, 17_500_000),
    ("3.2", 216_000, 5_120, 25_000_000, 25_000_000),
    ("4", 245_760, 8_192, 25_000_000, 31_250_000),
    ("4.2", 522_240, 8_704, 62_500_000, 78_125_000),
    ("5", 589_824, 22_080, 168_750_000, 168_750_000),
    ("5.1", 983_040, 36_864, 300_000_000, 300_000_000),
    ("5.2", 2_073_600, 36_864, 300_000_000, 300_000_000),
)


@dataclass(frozen=True, slots=True)
class Buffer:
    """The leaky bucket (VBV) of one chunk's encoder: bits a second, bits, bits at the start."""

    rate: Fraction
    size: Fraction
    start: Fraction


def chunk_buffer(rate: int, size: int, seconds: Fraction, *, last: bool) -> Buffer:
    """A bucket for one chunk such that any run of joined chunks keeps to `rate` and `size`.

    Let the joined stream keep to R bits a second and a buffer of B bits: every window of t seconds
    holds at most R t + B. A chunk of T seconds encoded with (r, b), its buffer starting at s bits,
    holds at most r t + b in any window, and r t + s in one from its start. So a window over seams
    is a chunk's end, r t + b, then whole chunks, then a chunk's start, r t + s. With r T + s <= R T
    whole chunks hold no more than R gives, and with b + s <= B the whole window no more than
    R t + B. Hence s = q B, b = (1 - q) B, r = R - s / T.

    q = 1/2 treats the first IDR of a chunk like all others; it is less where a chunk is so short
    that r would fall below three quarters of R. Nothing follows the last chunk: there r = R.
    """
    share = min(Fraction(1, 2), rate * seconds / (4 * size))
    start = share * size
    left = Fraction(rate) if last else rate - start / seconds
    return Buffer(left, size - start, start)


def timescale(rate: Fraction) -> int:
    """Ticks a second in which a picture lasts a whole number of ticks."""
    ticks = rate.numerator
    while ticks < MIN_TIMESCALE:
        ticks *= 2
    return ticks


def level(rendition: VideoRendition, rate: Fraction) -> str:
    """The lowest level that allows size, rate and buffer; the highest known where none does."""
    blocks = -(-rendition.width // 16) * -(-rendition.height // 16)
    for name, speed, size, bits, buffer in _LEVELS:
        fits = blocks <= size and blocks * rate <= speed
        if fits and rendition.maxrate <= bits and rendition.buffer <= buffer:
            return name
    return _LEVELS[-1][0]


class Encoder:
    """Takes one picture a slot, gives the init and the segments as they become whole."""

    def __init__(
        self,
        rendition: VideoRendition,
        color: Color,
        rate: Fraction,
        segment: int,
        buffer: Buffer,
    ) -> None:
        self._splitter = Splitter()
        self._time_base = 1 / rate
        self._container = _container(self._splitter, timescale(rate))
        self._stream = _stream(self._container, rendition, color, rate)
        self._stream.codec_context.options = _options(rendition, rate, segment, buffer)

    def encode(self, frame: VideoFrame, slot: int, *, key: bool) -> Iterator[Init | Fragment]:
        """`frame` must have the rendition's size; `key` starts a segment."""
        frame.pts, frame.time_base = slot, self._time_base
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._mux(frame)
        return self._splitter.take()

    def finish(self) -> Iterator[Init | Fragment]:
        """What is left. Raises ValueError where the stream is not whole."""
        self._mux(None)
        self._container.close()
        yield from self._splitter.take()
        self._splitter.finish()

    def _mux(self, frame: VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            packet.duration = 1
            self._container.mux_one(packet)


def _container(file: Splitter, ticks: int) -> OutputContainer:
    return av.open(
        file,
        "w",
        format="mp4",
        container_options={
            "movflags": MOVIE_FLAGS,
            "use_editlist": "1",
            "video_track_timescale": str(ticks),
            "write_btrt": "0",
            "fflags": "+bitexact",
        },
    )


def _stream(
    container: OutputContainer, rendition: VideoRendition, color: Color, rate: Fraction
) -> VideoStream:
    stream = container.add_stream("libx264", rate=rate)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = rendition.width, rendition.height, "yuv420p"
    context.time_base = 1 / rate
    context.sample_aspect_ratio = Fraction(1)
    context.colorspace, context.color_range = color.matrix, color.range
    context.color_primaries, context.color_trc = color.primaries, color.transfer
    context.thread_count = 1
    return stream


def _options(
    rendition: VideoRendition, rate: Fraction, segment: int, buffer: Buffer
) -> dict[str, str]:
    size = int(buffer.size / 1000)  # x264 counts in whole kilobits
    full = math.floor(min(Fraction(1), buffer.start / (size * 1000)) * 1_000_000) / 1_000_000
    own = {
        "keyint": 2 * segment,
        "min-keyint": segment + 1,
        "open-gop": 0,
        "stitchable": 1,
        "cpu-independent": 1,
        "sliced-threads": 0,
        "lookahead-threads": 1,
        "vbv-maxrate": int(buffer.rate / 1000),
        "vbv-bufsize": size,
        "vbv-init": f"{full:.6f}",
    }
    return {
        "preset": rendition.preset,
        "profile": "high",
        "level": level(rendition, rate),
        "crf": str(rendition.crf),
        "forced-idr": "1",
        "a53cc": "0",
        "x264-params": ":".join(f"{name}={value}" for name, value in own.items()),
    }

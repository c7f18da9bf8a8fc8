"""Recordings made by code, small and quick, whose pictures say which they are.

Every picture has its number burnt in as a row of black and white squares along the top edge,
readable at any size, so that a test can tell which picture of the source it is shown.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Painter = Callable[[int, int, int], Luma]
"""(number, width, height) -> luma of the picture, [height, width], limited range."""

BITS = 12
"""Squares; numbers go to 4095."""
BAND = 6
"""The squares take this part of the picture's height."""

X264 = {"preset": "ultrafast", "crf": "20"}


def stamped(picture: Luma, number: int) -> Luma:
    """`picture` with `number` burnt in."""
    height, width = picture.shape
    for bit in range(BITS):
        left, right = width * bit // BITS, width * (bit + 1) // BITS
        picture[: height // BAND, left:right] = 235 if number >> bit & 1 else 16
    return picture


def number_of(luma: Luma) -> int:
    """The number burnt in a picture, read from the middle of each square."""
    height, width = luma.shape
    row = luma[height // BAND // 4 : height // BAND * 3 // 4 + 1]
    number = 0
    for bit in range(BITS):
        left, right = width * bit // BITS, width * (bit + 1) // BITS
        middle = row[:, left + (right - left) // 4 : right - (right - left) // 4]
        number |= int(middle.mean() > 125) << bit
    return number


def luma_of(frame: av.VideoFrame) -> Luma:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


def slides(number: int, width: int, height: int) -> Luma:
    """Lines of text on a page that changes every 50 pictures, and a small box that moves."""
    page = np.full((height, width), 210, np.uint8)
    rng = np.random.default_rng(number // 50)
    for top in range(height // 3, height - 8, 12):
        ink = rng.random(width // 3) < 0.4
        page[top : top + 6, : len(ink) * 2] = np.where(ink, 40, 210).repeat(2)
    left = width * 3 // 4 + number % max(1, width // 8)
    page[height // 2 : height // 2 + height // 8, left : left + width // 10] = 90
    return page


def noise(number: int, width: int, height: int) -> Luma:
    """As hard as pictures get: every pixel new in every picture."""
    return np.random.default_rng(number).integers(16, 236, (height, width), np.uint8)


def plain(level: int) -> Painter:
    """One flat grey (16 is black) and nothing else: no number is burnt in."""
    return lambda _number, width, height: np.full((height, width), level, np.uint8)


def picture(number: int, size: tuple[int, int], paint: Painter = slides) -> av.VideoFrame:
    width, height = size
    luma = paint(number, width, height)
    if paint in (slides, noise):
        luma = stamped(luma, number)
    chroma = np.full((height // 2, width), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), "yuv420p")


def lecture(
    path: Path,
    *,
    seconds: float = 4.0,
    size: tuple[int, int] = (320, 180),
    rate: Fraction | int = 25,
    gop: int = 25,
    b_frames: int = 0,
    open_gop: bool = False,
    codec: str = "libx264",
    paint: Painter = slides,
    times: Sequence[Fraction] | None = None,
    first: int = 0,
    start: Fraction = Fraction(0),
    interlaced: bool = False,
    rotation: int = 0,
    sound: Callable[[int], NDArray[np.float32]] | None = None,
    channels: int = 1,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a recording; the container is that of the path's suffix.

    `times` (seconds, one a picture) makes a variable frame rate; otherwise pictures are shown at
    `rate` from `start` on. `first` is the number of the first picture. `rotation` is how many
    degrees clockwise a player must turn it. `sound` gives [channels, samples] of float samples for
    a number of samples at 48 kHz, e.g. `tone`.
    """
    shown = times or [start + Fraction(n) / rate for n in range(round(seconds * rate))]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = _time_base(codec, rate, times)
        stream.codec_context.gop_size = gop
        stream.codec_context.max_b_frames = b_frames
        stream.codec_context.thread_count = 1
        stream.options = _options(codec, gop, b_frames, open_gop, interlaced) | (options or {})
        if rotation:
            stream.set_display_rotation(-rotation)
        audio = container.add_stream("aac", rate=48000, layout=_layout(channels)) if sound else None
        for number, time in enumerate(shown, first):
            frame = _woven(number, size, paint) if interlaced else picture(number, size, paint)
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(time / frame.time_base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None and sound is not None:
            _add_sound(container, audio, sound(round(seconds * 48000)), channels)
    return path


def tone(hertz: float = 440.0, level: float = 0.1) -> Callable[[int], NDArray[np.float32]]:
    """A sine of that amplitude, one channel."""

    def samples(count: int) -> NDArray[np.float32]:
        phase = 2 * math.pi * hertz * np.arange(count) / 48000
        return (level * np.sin(phase)).astype(np.float32)[None, :]

    return samples


def _time_base(codec: str, rate: Fraction | int, times: object) -> Fraction:
    if times is None or codec in ("mpeg4", "mpeg2video"):
        return 1 / Fraction(rate)
    return Fraction(1, 90_000)


def _options(
    codec: str, gop: int, b_frames: int, open_gop: bool, interlaced: bool
) -> dict[str, str]:
    if codec != "libx264":
        flags = ("+ilme+ildct" if interlaced else "") + ("" if open_gop else "+cgop")
        return {"sc_threshold": "1000000000"} | ({"flags": flags} if flags else {})
    own = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop={int(open_gop)}:bframes={b_frames}"
    return X264 | {"x264-params": own + (":tff=1" if interlaced else "")}


def _woven(number: int, size: tuple[int, int], paint: Painter) -> av.VideoFrame:
    """Two fields of half a picture's time apart: the lower one shows the box further on."""
    frame, later = picture(number, size, paint), picture(number, size, paint)
    luma, low = luma_of(frame).copy(), luma_of(later)
    luma[1::2] = np.roll(low, 6, axis=1)[1::2]
    stamped(luma, number)
    chroma = np.full((size[1] // 2, size[0]), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), "yuv420p")


def _layout(channels: int) -> str:
    return {1: "mono", 2: "stereo", 6: "5.1"}[channels]


def _add_sound(container: Any, stream: Any, samples: NDArray[np.float32], channels: int) -> None:
    samples = np.ascontiguousarray(np.broadcast_to(samples, (channels, samples.shape[1])))
    for at in range(0, samples.shape[1], 1024):
        block = np.ascontiguousarray(samples[:, at : at + 1024])
        frame = av.AudioFrame.from_ndarray(block, "fltp", _layout(channels))
        frame.sample_rate, frame.pts = 48000, at
        frame.time_base = Fraction(1, 48000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def frames_of(path: Path) -> Iterator[av.VideoFrame]:
    """All pictures of a file, in the order shown."""
    with av.open(str(path)) as container:
        yield from container.decode(video=0)


def numbers(frames: Iterable[av.VideoFrame]) -> list[int]:
    return [number_of(luma_of(frame)) for frame in frames]

"""Pictures made ready for the encoders: deinterlaced, turned, in range, scaled.

A rendition's pixels depend on the source and on that rendition alone, never on which others are
made beside it: they are cached one by one. So the work renditions share is not a cascade through
their sizes but a pyramid of halves of the source, each rendition scaled from the smallest level
that holds it.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from encoders.decode import Shown
from encoders.tasks import Shape

Size = tuple[int, int]
"""Width and height, pixels."""

Raster = tuple[int, int, Fraction]
"""Width and height, pixels, of a picture that fills a display of that aspect ratio."""

Target = Size | Raster

SCALER = "bicubic+accurate_rnd+bitexact"
"""swscale's flags: sharp enough for text, and the same on every processor."""

# Players of television take a picture of this size for BT.601, whatever it says. Not with `scale`,
# which goes by way of RGB for it: that took three times as long, and made luma 1.2 darker.
_TO_TELEVISION = (
    "ispace=bt709:space=bt470bg:iprimaries=bt709:primaries=bt709:itrc=bt709:trc=bt709"
    ":irange=tv:range=tv:format=yuv420p:fast=1"
)

_ROUNDING = 2
"""Pixels by which even sizes may miss the exact aspect ratio."""

# ITU-T H.273 codes, as FFmpeg numbers them: matrix, primaries, transfer.
_COLOR_CODES = {"bt601": (5, 5, 6), "bt709": (1, 1, 1)}
_LIMITED = 1


@dataclass(frozen=True, slots=True)
class Color:
    """How the output is tagged; always limited range."""

    matrix: int
    primaries: int
    transfer: int
    range: int = _LIMITED


def color_of(shape: Shape) -> Color:
    return Color(*_COLOR_CODES[shape.color_space])


@dataclass(frozen=True, slots=True)
class Shaped:
    """One picture: `base` is shaped but not scaled, `scaled` has every size asked for."""

    base: VideoFrame
    scaled: Mapping[Target, VideoFrame]


class Deinterlacer:
    """One picture out for each one in, at the same time; `parity` is `tff` or `bff`."""

    def __init__(self, parity: str) -> None:
        self._parity = parity
        self._waiting: deque[Fraction] = deque()
        self._graph: _Bwdif | None = None

    def put(self, shown: Shown) -> Iterator[Shown]:
        if self._graph is not None and self._graph.looks != _looks(shown.frame):
            yield from self.finish()
        self._graph = self._graph or _Bwdif(shown.frame, self._parity)
        self._waiting.append(shown.time)
        yield from self._timed(self._graph.put(shown.frame))

    def finish(self) -> Iterator[Shown]:
        if self._graph is not None:
            yield from self._timed(self._graph.finish())
        self._graph = None

    def _timed(self, frames: Iterable[VideoFrame]) -> Iterator[Shown]:
        for frame in frames:
            yield Shown(self._waiting.popleft(), frame)


def deinterlaced(pictures: Iterable[Shown], parity: str) -> Iterator[Shown]:
    """All pictures through one `Deinterlacer`."""
    deinterlacer = Deinterlacer(parity)
    for shown in pictures:
        yield from deinterlacer.put(shown)
    yield from deinterlacer.finish()


class _Bwdif:
    def __init__(self, like: VideoFrame, parity: str) -> None:
        self.looks = _looks(like)
        self._graph, self._input = _graph_for(like)
        self._output = self._graph.add("buffersink")
        filter = self._graph.add("bwdif", f"mode=send_frame:parity={parity}:deint=all")
        self._graph.link_nodes(self._input, filter, self._output).configure()
        self._count = 0

    def put(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        frame.pts = self._count
        self._count += 1
        _tag(frame)
        self._input.push(frame)
        return self._ready()

    def finish(self) -> Iterator[VideoFrame]:
        self._input.push(None)
        return self._ready()

    def _ready(self) -> Iterator[VideoFrame]:
        while (frame := _pull(self._output)) is not None:
            yield frame


class Shaper:
    """Shapes pictures and scales them to `targets`; the graph is rebuilt where the source changes.

    `expected` is the size the container declares: the plan's sizes have its aspect ratio, with
    samples of the shape's aspect. A picture of another shape is fitted into them between black
    bars, and so is every picture into a raster. A picture that equals the one before (most of a
    screencast do) is not done again. With `fields`, `tff` or `bff`, the two fields of a picture are
    scaled apart and stay so.
    """

    def __init__(
        self, shape: Shape, targets: Iterable[Target], expected: Size, *, fields: str | None = None
    ) -> None:
        self._shape = shape
        self._targets = tuple(dict.fromkeys(targets))
        self._expected = expected
        self._fields = fields
        self._looks: tuple[object, ...] | None = None
        self._chain: _Chain | None = None
        self._before: tuple[VideoFrame, Fraction, Shaped] | None = None

    def shaped(self, frame: VideoFrame, sample_aspect: Fraction) -> Shaped:
        """`sample_aspect` is for a frame that does not carry its own (see `Shown`)."""
        carried = frame.opaque
        aspect = carried if isinstance(carried, Fraction) else sample_aspect
        if self._before is not None:
            before, had, shaped = self._before
            if had == aspect and is_same(before, frame):
                return shaped
        shaped = self._made(frame, aspect)
        self._before = frame, aspect, shaped
        return shaped

    def _made(self, frame: VideoFrame, sample_aspect: Fraction) -> Shaped:
        looks = (*_looks(frame), sample_aspect)
        if self._chain is None or looks != self._looks:
            boxes = {target: self._box(target, frame, sample_aspect) for target in self._targets}
            self._chain = _Chain(frame, self._shape, boxes, self._fields)
            self._looks = looks
        return self._chain.run(frame)

    def _box(self, target: Target, frame: VideoFrame, sample_aspect: Fraction) -> Size:
        """The part of the target that the picture takes."""
        aspect = Fraction(frame.width, frame.height) * sample_aspect
        if self._shape.rotate in (90, 270):
            aspect = 1 / aspect
        if len(target) == 3:
            width, height, display = target
            return _box((width, height), aspect * width / height / display)
        expected = (frame.width, frame.height) == self._expected and not self._shape.guest
        if expected and sample_aspect == self._shape.sample_aspect:
            return target  # what the plan's sizes were made for
        return _box(target, aspect)


def is_same(before: VideoFrame, frame: VideoFrame) -> bool:
    """Whether two pictures are equal to the last bit; for 8-bit 4:2:0 only, others are not."""
    if _looks(before) != _looks(frame) or frame.format.name not in ("yuv420p", "yuvj420p"):
        return False
    pairs = [
        (_samples(one), _samples(two)) for one, two in zip(before.planes, frame.planes, strict=True)
    ]
    # Different pictures mostly differ in a few samples too, and those are read quickly.
    return all(np.array_equal(one[::8, ::13], two[::8, ::13]) for one, two in pairs) and all(
        np.array_equal(one, two) for one, two in pairs
    )


def _samples(plane: VideoPlane) -> NDArray[np.uint8]:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


class _Chain:
    """One filter graph: convert, turn, then the pyramid with the targets hanging off its levels."""

    def __init__(
        self, like: VideoFrame, shape: Shape, boxes: Mapping[Target, Size], fields: str | None
    ) -> None:
        self._graph, self._input = _graph_for(like)
        self._shape, self._fields = shape, fields
        self._base = self._graph.add("buffersink")
        self._outputs = {target: self._graph.add("buffersink") for target in boxes}
        node, base = self._turned(like, shape), (like.width, like.height)
        if shape.rotate in (90, 270):
            base = base[1], base[0]
        self._pyramid(node, base, boxes)
        self._graph.configure()

    def run(self, frame: VideoFrame) -> Shaped:
        _tag(frame)
        self._input.push(frame)
        scaled = {target: _pulled(output) for target, output in self._outputs.items()}
        return Shaped(_pulled(self._base), scaled)

    def _turned(self, like: VideoFrame, shape: Shape) -> FilterContext:
        nodes = [self._input]
        full = _is_full_range(like, shape)
        if like.format.name != "yuv420p" or full:
            matrix, span = shape.color_space, "full" if full else "limited"
            interlaced = int(self._fields is not None)
            arguments = f"flags={SCALER}:in_range={span}:out_range=limited:interl={interlaced}"
            matrices = f"in_color_matrix={matrix}:out_color_matrix={matrix}"
            nodes.append(self._graph.add("scale", f"{arguments}:{matrices}"))
            nodes.append(self._graph.add("format", "yuv420p"))
        if shape.mirror:
            nodes.append(self._graph.add("hflip"))
        match shape.rotate:
            case 90:
                nodes.append(self._graph.add("transpose", "clock"))
            case 180:
                nodes += [self._graph.add("hflip"), self._graph.add("vflip")]
            case 270:
                nodes.append(self._graph.add("transpose", "cclock"))
        self._graph.link_nodes(*nodes)
        return nodes[-1]

    def _pyramid(self, node: FilterContext, base: Size, boxes: Mapping[Target, Size]) -> None:
        # Halving would mix the fields: each target then comes from the whole picture.
        level_of = {
            target: 0 if self._fields is not None else _level(base, box)
            for target, box in boxes.items()
        }
        deepest = max(level_of.values(), default=0)
        for level in range(deepest + 1):
            here = [target for target in boxes if level_of[target] == level]
            ends = len(here) + (level == 0) + (level < deepest)
            split = self._graph.add("split", str(ends))
            node.link_to(split)
            for output, target in enumerate(here):
                self._fit(split, output, target, boxes[target])
            if level == 0:
                split.link_to(self._base, len(here))
            if level < deepest:
                node = self._scale(_halved(base, level + 1))
                split.link_to(node, ends - 1)

    def _fit(self, split: FilterContext, output: int, target: Target, box: Size) -> None:
        width, height = target[:2]
        scale = self._scale(box)
        split.link_to(scale, output)
        if len(target) == 3 and self._shape.color_space != "bt601":
            matrix = self._graph.add("colorspace", _TO_TELEVISION)
            scale.link_to(matrix)
            scale = matrix
        if box != (width, height):
            left, top = (width - box[0]) // 4 * 2, (height - box[1]) // 4 * 2
            pad = self._graph.add("pad", f"{width}:{height}:{left}:{top}:black")
            scale.link_to(pad)
            scale = pad
        if self._fields is not None:
            marked = self._graph.add("setfield", self._fields)
            scale.link_to(marked)
            scale = marked
        scale.link_to(self._outputs[target])

    def _scale(self, size: Size) -> FilterContext:
        arguments = f"{size[0]}:{size[1]}:flags={SCALER}"
        if self._fields is not None:
            arguments += ":interl=1"
        return self._graph.add("scale", arguments)


def _halved(base: Size, level: int) -> Size:
    return base[0] >> level & ~1, base[1] >> level & ~1


def _level(base: Size, size: Size) -> int:
    """The smallest level of the pyramid that holds `size`."""
    level = 0
    while all(have >= need for have, need in zip(_halved(base, level + 1), size, strict=True)):
        level += 1
    return level


def _box(size: Size, aspect: Fraction) -> Size:
    """The largest even size of that ratio of pixels inside `size`; `size` itself where it fits."""
    width = min(Fraction(size[0]), size[1] * aspect)
    height = width / aspect
    if size[0] - width <= _ROUNDING and size[1] - height <= _ROUNDING:
        return size
    return max(2, round(width / 2) * 2), max(2, round(height / 2) * 2)


def _looks(frame: VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name


def _is_full_range(frame: VideoFrame, shape: Shape) -> bool:
    form = frame.format
    return shape.full_range or form.is_rgb or form.has_palette or form.name.startswith("yuvj")


def _graph_for(frame: VideoFrame) -> tuple[Graph, FilterContext]:
    graph = Graph()
    graph.threads = 1
    width, height, pixel_format = _looks(frame)
    source = graph.add(
        "buffer",
        video_size=f"{width}x{height}",
        pix_fmt=pixel_format,
        time_base="1/1",
        pixel_aspect="1/1",
    )
    return graph, source


def _tag(frame: VideoFrame) -> None:
    """The graph is told matrix and range once; a frame that says otherwise would upset it."""
    frame.colorspace = 2
    frame.color_range = 0


def _pull(output: FilterContext) -> VideoFrame | None:
    try:
        return _pulled(output)
    except (av.BlockingIOError, av.EOFError):
        return None


def _pulled(output: FilterContext) -> VideoFrame:
    frame = output.pull()
    if not isinstance(frame, VideoFrame):
        raise TypeError(f"a video filter gave {type(frame).__name__}")
    return frame

"""Captions burnt into pictures, for broadcast and VCD, which have no text of their own."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from encoders.captions.paint import Coverage, Drawing, Raster, draw
from encoders.captions.spans import flattened
from encoders.tasks import Caption

_WHITE, _BLACK, _GREY = 235, 16, 128
"""Luma of letters and outline in limited range (ITU-R BT.601), and chroma without colour."""


@dataclass(frozen=True, slots=True)
class _Ink:
    """What is added to one plane, where it is not kept: (sample * kept + added) / 255."""

    left: int
    top: int
    kept: NDArray[np.uint16]
    added: NDArray[np.uint16]


class Burner:
    """Puts captions over pictures of one raster; keeps the drawing of the latest caption."""

    def __init__(
        self,
        captions: tuple[Caption, ...],
        width: int,
        height: int,
        sample_aspect: Fraction,
        rate: Fraction,
    ) -> None:
        """`sample_aspect` is width over height of a sample; `rate` is slots a second."""
        self._raster = Raster(width, height, sample_aspect)
        self._rate = rate
        self._spans = flattened(captions)
        self._starts = [span.start for span in self._spans]
        self._drawn: tuple[str, tuple[_Ink, ...]] = ("", ())
        self._copier = _Copier(width, height)

    def over(self, frame: av.VideoFrame, slot: int) -> av.VideoFrame:
        """A copy of `frame` (yuv420p, limited range) with what `slot` shows; itself if nothing.

        Everything that is said of the frame, its fields among it, is said of the copy.
        """
        inks = self._inks(self._text(slot / self._rate))
        if not inks:
            return frame
        copy = self._copier.copy(frame)
        for plane, ink in zip(copy.planes, inks, strict=True):
            _blend(plane, ink)
        return copy

    def _text(self, time: Fraction) -> str:
        index = bisect_right(self._starts, time) - 1
        return self._spans[index].text if index >= 0 and time < self._spans[index].stop else ""

    def _inks(self, text: str) -> tuple[_Ink, ...]:
        if text != self._drawn[0]:
            drawing = draw(text, self._raster)
            self._drawn = (text, _of_planes(drawing) if drawing is not None else ())
        return self._drawn[1]


class _Copier:
    """Copies frames through a graph that does nothing: PyAV cannot copy what is said of a frame.

    A frame that is pulled shares its samples with the one pushed; made writable it has its own.
    """

    def __init__(self, width: int, height: int) -> None:
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("yuv420p"), time_base=Fraction(1)
        )
        source.link_to(self._graph.add("buffersink"))
        self._graph.configure()

    def copy(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._graph.vpush(frame)
        copy = self._graph.vpull()
        copy.make_writable()
        copy.pts, copy.time_base = frame.pts, frame.time_base
        return copy


def _of_planes(drawing: Drawing) -> tuple[_Ink, ...]:
    luma = _ink(drawing.left, drawing.top, drawing.letters, drawing.ink, (_WHITE, _BLACK))
    ink = _halved(drawing.ink)
    chroma = _ink(drawing.left // 2, drawing.top // 2, ink, ink, (_GREY, _GREY))
    return luma, chroma, chroma


def _ink(left: int, top: int, letters: Coverage, ink: Coverage, values: tuple[int, int]) -> _Ink:
    inside, whole = letters.astype(np.uint16), ink.astype(np.uint16)
    added = inside * np.uint16(values[0]) + (whole - inside) * np.uint16(values[1])
    return _Ink(left, top, np.uint16(255) - whole, added + np.uint16(127))


def _halved(ink: Coverage) -> Coverage:
    rows, columns = ink.shape
    blocks = ink.reshape(rows // 2, 2, columns // 2, 2).astype(np.uint16)
    means: Coverage = ((blocks.sum(axis=(1, 3)) + 2) // 4).astype(np.uint8)
    return means


def _blend(plane: av.video.plane.VideoPlane, ink: _Ink) -> None:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    height, width = ink.kept.shape
    part = rows[ink.top : ink.top + height, ink.left : ink.left + width]
    part[:] = (part * ink.kept + ink.added) // np.uint16(255)

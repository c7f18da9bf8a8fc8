"""Decoded sound as arrays of floats, whatever a decoder gives out."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from encoders.loudness import Samples

_MOST_PLANES = 7
"""PyAV reads past the end of the list of planes from eight on, and crashes."""
_LOUDEST = 16.0
"""Float recordings may go over full scale (1.0); a broken one goes over this."""

Raw = npt.NDArray[Any]
"""Samples as a decoder gives them: [channels, n] or, interleaved, [1, n * channels]."""


@dataclass(frozen=True, slots=True)
class Form:
    """How samples are laid out."""

    rate: int
    """Hz."""
    layout: str
    """FFmpeg's name."""
    format: str
    """FFmpeg's name of the sample format."""
    names: tuple[str, ...]
    """FFmpeg's names of the channels, in order."""
    planar: bool


def form_of(frame: AudioFrame) -> Form:
    names = tuple(channel.name for channel in frame.layout.channels)
    return Form(
        frame.sample_rate, frame.layout.name, frame.format.name, names, frame.format.is_planar
    )


@dataclass(slots=True)
class _Converter:
    """Frames in a form asked for; frames that have it already are not touched."""

    _ways: tuple[Form, Form] | None = None
    _resampler: AudioResampler | None = field(default=None, repr=False)

    def arrays(self, frame: AudioFrame, wanted: Form) -> list[Raw]:
        """Raises av.FFmpegError or ValueError where a frame cannot be converted."""
        got = form_of(frame)
        if got == wanted:
            return [frame.to_ndarray()]
        if self._ways != (got, wanted) or self._resampler is None:
            self._ways = got, wanted
            self._resampler = AudioResampler(wanted.format, wanted.layout, wanted.rate)
        frame.pts = None
        return [one.to_ndarray() for one in self._resampler.resample(frame) if one.samples]


@dataclass(slots=True)
class Uniform:
    """Brings every frame of a track into the form of its first one.

    Broadcasts switch between mono, stereo and 5.1 as they go.
    """

    form: Form | None = None
    """Of all arrays given out; None before the first frame."""
    _converter: _Converter = field(default_factory=_Converter, repr=False)

    def arrays(self, frame: AudioFrame) -> list[Raw]:
        """Raises av.FFmpegError or ValueError where a frame cannot be converted."""
        if self.form is None:
            self.form = _safe(frame)
        return self._converter.arrays(frame, self.form)

    def floats(self, raw: Raw) -> Samples:
        """Arrays of `arrays`, one or several joined, as finite floats [channels, n]."""
        if self.form is None:
            raise ValueError("no frame was given yet")
        return _floats(raw, self.form)


@dataclass(slots=True)
class Various:
    """Every frame of a track in the layout and at the rate it has."""

    _converter: _Converter = field(default_factory=_Converter, repr=False)

    def floats(self, frame: AudioFrame) -> Samples:
        """Finite floats [channels, n]; takes the frame's pts."""
        form = _safe(frame)
        return _floats(np.concatenate(self._converter.arrays(frame, form), axis=1), form)


def _floats(raw: Raw, form: Form) -> Samples:
    """Samples of any format as finite floats [channels, n], full scale at 1.0."""
    if not form.planar:
        raw = raw.reshape(-1, len(form.names)).T
    single: Samples = raw.astype(np.float32)
    if raw.dtype == np.uint8:
        return (single - np.float32(128)) / np.float32(128)
    if raw.dtype.kind == "i":
        return single / np.float32(-float(np.iinfo(raw.dtype).min))
    finite = np.nan_to_num(single, nan=0.0, posinf=0.0, neginf=0.0)
    loud: Samples = np.clip(finite, -_LOUDEST, _LOUDEST)
    return loud


def _safe(frame: AudioFrame) -> Form:
    """The frame's own form, or the nearest one that can be read."""
    form = form_of(frame)
    if not form.planar or len(form.names) <= _MOST_PLANES:
        return form
    return Form(form.rate, form.layout, frame.format.packed.name, form.names, planar=False)

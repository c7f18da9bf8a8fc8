"""Short clips, such as a station's ident: read whole, levelled, and crossfaded by pydub."""

import warnings
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from encoders.audio.level import HEADROOM, Gain, Heard, first_gain, held_down, louder
from encoders.audio.source import Reader
from encoders.audio.stream import recorded
from encoders.loudness import Meter, Samples
from encoders.opening import Unreadable, open_media
from encoders.tasks import LONGEST_IDENT, Ident, SoundRendition, SoundSource

with warnings.catch_warnings():
    # pydub looks for an ffmpeg program and uses the standard library's audioop, and warns of both;
    # it decodes nothing here.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

_STEP = Fraction(10, 1000)
"""Seconds; crossfades are whole ones of these, which are whole samples at every rate: pydub counts
in milliseconds."""

_WIDTH = 4
_ONE = 2.0**27
"""Full scale in pydub's 32 bits: 24 dB are left over it, for peaks that are limited later."""


class UnfitClip(ValueError):
    """A file that cannot be used as a clip; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Clip:
    samples: Samples
    """At the rendition's rate and channels, levelled."""
    crossfade: int
    """Samples, at most all of the clip."""

    @property
    def length(self) -> int:
        return int(self.samples.shape[1])


def load_clip(ident: Ident, rendition: SoundRendition, room: int) -> Clip:
    """Decode and level an ident; its crossfade takes at most `room` samples of the programme.

    Raises UnfitClip where it is too long or holds no sound, Unreadable where it does not open.
    """
    rate = rendition.sample_rate
    samples = _levelled(_decoded(ident.path, rendition), rendition)
    step = round(_STEP * rate)
    most = min(round(ident.crossfade * rate), samples.shape[1], room)
    return Clip(samples, max(0, most // step * step))


def _decoded(path: str, rendition: SoundRendition) -> Samples:
    rate, channels = rendition.sample_rate, rendition.channels
    blocks = list(recorded(Reader(_source(path)), channels, rate, (LONGEST_IDENT + 1) * rate))
    samples = np.concatenate([np.zeros((channels, 0), np.float32), *blocks], axis=1)
    if samples.shape[1] > LONGEST_IDENT * rate:
        raise UnfitClip(f"the ident is longer than {LONGEST_IDENT} seconds: cut it to a short clip")
    if not samples.shape[1]:
        raise UnfitClip(
            "the ident holds no sound that can be decoded: export it again, e.g. as WAV"
        )
    return samples


def _source(path: str) -> SoundSource:
    """The file's first track of sound, from its first sample on."""
    with closing(open_media(path)) as container:
        if not container.streams.audio:
            raise Unreadable("no-decodable-stream", "the ident has no sound")
        stream = container.streams.audio[0]
        start = (stream.start_time or 0) * (stream.time_base or Fraction(1))
        return SoundSource(
            path=path,
            stream=stream.index,
            shifts=(),
            origin=start,
            duration=Fraction(LONGEST_IDENT),
            measured=None,
            true_peak=None,
            channels=stream.channels,
            live_channels=tuple(range(stream.channels)),
        )


def _levelled(samples: Samples, rendition: SoundRendition) -> Samples:
    meter = Meter(rendition.sample_rate, rendition.channels)
    meter.add(samples)
    gain = Gain(first_gain(Heard(meter.integrated(), meter.true_peak()), rendition.loudness))
    limit = rendition.true_peak - HEADROOM
    blocks = held_down(louder([samples], gain), limit, rendition.sample_rate)
    return np.concatenate(list(blocks), axis=1)


def crossfaded(leaving: Samples, coming: Samples, rate: int) -> Samples:
    """As long as both, which are equally long: whole steps of 10 ms."""
    first, second = _segment(leaving, rate), _segment(coming, rate)
    mixed = first.append(second, crossfade=len(first))
    data = np.frombuffer(mixed.raw_data, np.int32).reshape(-1, len(leaving)).T
    return (data / _ONE).astype(np.float32)


def _segment(samples: Samples, rate: int) -> AudioSegment:
    whole = np.iinfo(np.int32)
    data = np.clip(samples.T.astype(np.float64) * _ONE, whole.min, whole.max).astype(np.int32)
    return AudioSegment(data.tobytes(), sample_width=_WIDTH, frame_rate=rate, channels=len(samples))

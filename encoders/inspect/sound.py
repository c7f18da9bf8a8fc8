"""Listening to one audio track while its packets go by: everything is decoded, nothing is kept."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream

from encoders.inspect.level import Level
from encoders.opening import decodable
from encoders.samples import Form, Raw, Uniform

AnyPacket: TypeAlias = "Packet[Stream]"

_HOPELESS = 100
"""Packets that fail one after the other, before any sound, until a track is given up."""
_GAP = Fraction(1, 5)
"""Seconds without samples that count as missing sound; less is badly counted time."""
_MOST_GAPS = 1000


@dataclass(frozen=True, slots=True)
class Pause:
    """Container time, seconds, mended."""

    start: Fraction
    stop: Fraction


@dataclass(slots=True)
class Listener:
    """Decodes and measures a track. Times are container seconds, mended."""

    stream: AudioStream
    time_base: Fraction
    packets: int = 0
    errors: int = 0
    encrypted: bool = False
    first_error: Fraction | None = None
    start: Fraction | None = None
    """Of the first sample; None where nothing was decoded."""
    stop: Fraction | None = None
    """End of the last sample."""
    gaps: list[Pause] = field(default_factory=list)
    level: Level | None = None
    _uniform: Uniform = field(default_factory=Uniform)
    _given_up: bool = False
    _held: list[Raw] = field(default_factory=list)
    _held_samples: int = 0

    def __post_init__(self) -> None:
        self._given_up = not decodable(self.stream)

    @property
    def form(self) -> Form | None:
        """Of the samples; None where nothing was decoded."""
        return self._uniform.form

    def take(self, packet: "AnyPacket", offset: int) -> None:
        """`offset`: ticks that mend the packet's time."""
        self.packets += 1
        self.encrypted = self.encrypted or packet.has_sidedata("encryption_info")
        if not self._given_up:
            self._decode(packet, offset)

    def finish(self) -> None:
        """After the last packet."""
        if not self._given_up:
            self._decode(None, 0)
        self._measure()
        if self.level is not None:
            self.level.finish()

    def _decode(self, packet: "AnyPacket | None", offset: int) -> None:
        try:
            frames = self.stream.codec_context.decode(packet)
        except av.error.MemoryError:
            raise
        except av.FFmpegError:
            self._fail()
            return
        for frame in frames:
            if frame.samples:
                self._hear(frame, offset)

    def _fail(self) -> None:
        self.errors += 1
        if self.first_error is None:
            self.first_error = self.stop or Fraction(0)
        self._given_up = self.form is None and self.errors >= _HOPELESS

    def _hear(self, frame: AudioFrame, offset: int) -> None:
        time = None if frame.pts is None else (frame.pts + offset) * self.time_base
        try:
            arrays = self._uniform.arrays(frame)
        except (av.FFmpegError, ValueError):
            self._fail()
            return
        for raw in arrays:
            if self.form is None:
                return
            samples = raw.shape[1] if self.form.planar else raw.shape[1] // len(self.form.names)
            self._place(time or self.stop or Fraction(0), samples, self.form)
            self._held.append(raw)
            self._held_samples += samples
            time = None
            if self._held_samples >= self.form.rate:
                self._measure()

    def _place(self, time: Fraction, samples: int, form: Form) -> None:
        """Note where samples lie; a hole before them is a gap."""
        if self.level is None:
            self.level = Level(form.rate, form.names)
        if self.start is None or self.stop is None:
            self.start = time
        elif time - self.stop > _GAP:
            self._measure()
            self.level.pause(time - self.stop)
            if len(self.gaps) < _MOST_GAPS:
                self.gaps.append(Pause(self.stop, time))
        self.stop = time + Fraction(samples, form.rate)

    def _measure(self) -> None:
        """Hand what is held to the meters: fewer, larger pieces cost less."""
        if self._held and self.level is not None:
            self.level.add(self._uniform.floats(np.concatenate(self._held, axis=1)))
        self._held, self._held_samples = [], 0

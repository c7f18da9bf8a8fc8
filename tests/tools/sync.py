"""Sound and picture in step: a recording with flashes and beeps, and a measure of both."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.tools.programs import ffmpeg, run

FLASH = 0.2
"""Seconds that a flash and its beep last."""


def make_flashes(
    path: Path, seconds: int, *, every: int = 5, rate: str = "25", size: str = "320x180"
) -> Path:
    """A dark picture that turns white, and silence that turns to 1 kHz, at every `every` seconds
    from `every` on. H.264 and AAC; the container is that of the file's extension."""
    on = f"gte(t,{every})*lt(mod(t,{every}),{FLASH})"
    picture = f"color=c=black:s={size}:r={rate}:d={seconds},drawbox=c=white:t=fill:enable='{on}'"
    sound = f"aevalsrc='0.5*sin(2*PI*1000*t)*{on}':s=48000:d={seconds}"
    run(
        [
            *(ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", picture),
            *("-f", "lavfi", "-i", sound, "-c:v", "libx264", "-preset", "ultrafast"),
            *("-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", path),
        ],
        timeout=300,
    ).ok()
    return path


@dataclass(frozen=True, slots=True)
class Sync:
    flashes: tuple[float, ...]
    beeps: tuple[float, ...]
    """Seconds at which each begins; beeps to 5 ms."""

    @property
    def offsets(self) -> tuple[float, ...]:
        """Beep less flash, seconds; AssertionError where one is missing."""
        assert len(self.flashes) == len(self.beeps), self
        return tuple(beep - flash for flash, beep in zip(self.flashes, self.beeps, strict=True))


def measure(source: Path) -> Sync:
    """Where flashes and beeps of `make_flashes` lie in a recording or a master playlist."""
    light = _metered(source, "0:v:0", "-vf", "scale=16:16,signalstats", "lavfi.signalstats.YAVG")
    loud = _metered(
        source,
        "0:a:0",
        "-af",
        "asetnsamples=240:p=0,astats=metadata=1:reset=1",
        "lavfi.astats.Overall.RMS_level",
    )
    return Sync(_onsets(light, 125), _onsets(loud, -30))


def _metered(
    source: Path, stream: str, option: str, graph: str, key: str
) -> list[tuple[float, float]]:
    """(seconds, value) of a metering filter, in order."""
    command: list[str | Path] = [
        *(ffmpeg(), "-nostdin", "-v", "error", "-i", source, "-copyts", "-map", stream),
        *(option, f"{graph},{'a' * (option == '-af')}metadata=print:key={key}:file=-"),
        *("-f", "null", "-"),
    ]
    text = run(command, timeout=300).ok().out
    return [
        (float(time), float(value))
        for time, value in re.findall(rf"pts_time:(\S+)\s+{re.escape(key)}=(\S+)", text)
    ]


def _onsets(meter: list[tuple[float, float]], threshold: float) -> tuple[float, ...]:
    above = [False, *(value > threshold for _, value in meter)]
    return tuple(
        time
        for (time, _), before, now in zip(meter, above[:-1], above[1:], strict=True)
        if now and not before
    )

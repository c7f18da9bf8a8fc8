"""A track of sound as one picture: how loud it is all along, and where something was found.

Long tracks are not decoded whole: a few packets of each column tell it.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard

from encoders.facts import AudioTrack
from encoders.opening import open_media
from encoders.reading import packets
from encoders.samples import Various
from encoders.tasks.pictures import Span
from encoders.tasks.stills import StillsTask
from encoders.timeline import Clock

COLUMNS = 600
RUN = 4
"""Packets in a row that are decoded of a long track: a codec needs one or two to get going."""
WHOLE = 600
"""Seconds of sound that are decoded whole; of longer tracks this much is, spread out."""
FLOOR = -60.0
"""dBFS: at the middle line; full scale is at the edges."""
WIDTH, LANE, AXIS = 1200, 80, 24
"""Pixels: of the picture, of a channel's height, of the line of times below."""
CHANNELS = 2
"""Drawn at most."""
SIDES = ("左 L", "右 R")

Levels = npt.NDArray[np.float32]
"""[channels, COLUMNS]: the highest peak of each column, full scale at 1; NaN where nothing is."""


def strip_of(
    source: str, track: AudioTrack, task: StillsTask, report: Callable[[float], None]
) -> str | None:
    """SVG; None where nothing decodes. Raises Unreadable where the recording does not open."""
    levels = levels_of(source, track, task, report)
    return None if levels is None else drawn(levels, task.marks, float(task.duration))


def levels_of(
    source: str, track: AudioTrack, task: StillsTask, report: Callable[[float], None]
) -> Levels | None:
    clock = Clock(track.time_base, track.shifts, task.origin)
    container = open_media(source, task.pixels)
    try:
        levels = np.full((CHANNELS, COLUMNS), np.nan, np.float32)
        channels = 0
        for time, peaks in _peaks(container, track, clock, task.duration):
            column = int(time / task.duration * COLUMNS)
            if 0 <= column < COLUMNS:
                channels = max(channels, min(len(peaks), CHANNELS))
                lanes = levels[: min(len(peaks), CHANNELS), column]
                np.fmax(lanes, peaks[:CHANNELS], out=lanes)
                report(column / COLUMNS)
        return levels[:channels] if channels else None
    finally:
        container.close()


def _peaks(
    container: InputContainer, track: AudioTrack, clock: Clock, duration: Fraction
) -> Iterator[tuple[Fraction, npt.NDArray[np.float32]]]:
    """When on the lesson clock, and the highest sample of each channel, frame by frame."""
    stream = container.streams[track.stream]
    if not isinstance(stream, AudioStream):
        raise ValueError(f"stream {track.stream} is not sound")
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all  # so that where there is an index they are not even read
    every = max(1, round(duration / WHOLE))
    samples = Various()
    for number, packet in enumerate(packets(container, stream, lambda: None)):
        if number // RUN % every:
            continue
        try:
            for frame in stream.codec_context.decode(packet):
                if frame.pts is not None and frame.samples:
                    time = clock.time(frame.pts, number)
                    yield time, np.abs(samples.floats(frame)).max(axis=1)
        except av.error.MemoryError:
            raise
        except (av.FFmpegError, ValueError):
            continue


def drawn(levels: Levels, marks: Sequence[Span], duration: float) -> str:
    """As SVG that is read on light and on dark: the marks behind, each channel a lane."""
    height = LANE * len(levels) + AXIS
    shapes = [
        *(_mark(one, duration, LANE * len(levels)) for one in marks),
        *(_lane(lane, index) for index, lane in enumerate(levels)),
        *(_label(one, index) for index, one in enumerate(SIDES[: len(levels)]) if len(levels) > 1),
        *_times(duration, height),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13" fill="#6e7781">{"".join(shapes)}</svg>\n'
    )


def _mark(span: Span, duration: float, height: int) -> str:
    """At least as wide as can be seen."""
    left = WIDTH * float(span.start) / duration
    width = max(4.0, WIDTH * float(span.stop - span.start) / duration)
    return (
        f'<rect x="{left:.1f}" y="0" width="{width:.1f}" height="{height}" '
        'fill="#d1242f" fill-opacity="0.3"/>'
    )


def _lane(levels: npt.NDArray[np.float32], index: int) -> str:
    """A bar a column, both ways from the middle; silence is a line, no sound at all nothing."""
    middle, step = LANE * index + LANE / 2, WIDTH / COLUMNS
    bars = []
    for column, peak in enumerate(levels):
        if np.isnan(peak):
            continue
        loud = 20 * np.log10(max(float(peak), 1e-6))
        reach = max(0.5, (LANE / 2 - 2) * (1 - max(FLOOR, min(loud, 0.0)) / FLOOR))
        bars.append(f"M{column * step:.0f} {middle - reach:.1f}v{2 * reach:.1f}")
    return f'<path d="{"".join(bars)}" stroke="#218bff" stroke-width="1.6" fill="none"/>'


def _label(side: str, index: int) -> str:
    return f'<text x="4" y="{LANE * index + 14}">{side}</text>'


def _times(duration: float, height: int) -> Iterator[str]:
    """Five of them, the ends turned inwards."""
    anchors = {0.0: "start", 0.25: "middle", 0.5: "middle", 0.75: "middle", 1.0: "end"}
    for share, anchor in anchors.items():
        minutes, seconds = divmod(round(duration * share), 60)
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
        yield f'<text x="{WIDTH * share:.0f}" y="{height - 7}" text-anchor="{anchor}">{text}</text>'

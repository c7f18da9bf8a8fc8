"""Pieces of a lesson as the encoder hands them to a VCD: a few seconds, at the discs' real size."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from encoders.artifact import publish
from encoders.product import Chapter
from encoders.tasks import Elementary, Gop, RasterRendition, SoundResult
from encoders.vcd import VcdTask
from tests.media import Painter, picture, slides

GOP = 15
RATE = Fraction(25)
DELAY = 481
"""Samples: of FFmpeg's MP2 encoder."""


def rendition(kind: str, rate: Fraction = RATE) -> RasterRendition:
    height = {"vcd": 288, "svcd": 576} if rate == 25 else {"vcd": 240, "svcd": 480}
    return RasterRendition(
        name=kind,
        codec={"vcd": "mpeg1", "svcd": "mpeg2"}[kind],
        width={"vcd": 352, "svcd": 480}[kind],
        height=height[kind],
        aspect=Fraction(4, 3),
        rate=rate,
        fields=None,
        gop=GOP,
        b_frames=2,
        bitrate={"vcd": 1_150_000, "svcd": 2_040_000}[kind],
        maxrate={"vcd": 1_150_000, "svcd": 2_500_000}[kind],
        buffer={"vcd": 327_680, "svcd": 1_835_008}[kind],
        quantiser=2,
        preset=None,
        burn=(),
    )


def piece(
    folder: Path, made: RasterRendition, first: int, count: int, paint: Painter = slides
) -> Elementary:
    part = folder / f"{first}.part"
    options = {"fflags": "+bitexact", "avoid_negative_ts": "disabled"}
    with av.open(str(part), "w", format="nut", options=options) as container:
        stream = container.add_stream(f"{made.codec}video", rate=made.rate)
        stream.width, stream.height, stream.pix_fmt = made.width, made.height, "yuv420p"
        context = stream.codec_context
        context.time_base = 1 / made.rate
        context.gop_size, context.max_b_frames, context.thread_count = made.gop, made.b_frames, 1
        stream.bit_rate = made.bitrate
        stream.options = {
            "flags": "+cgop+bitexact",
            "sc_threshold": "1000000000",
            "mpv_flags": "strict_gop",
            "maxrate": str(made.maxrate),
            "bufsize": str(made.buffer),
        } | ({"scan_offset": "1"} if made.name == "svcd" else {})
        for number in range(first, first + count):
            frame = picture(number, (made.width, made.height), paint)
            frame.pts, frame.time_base = number, 1 / made.rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file = publish(part, folder, f"{made.name}-{first:07d}", "nut", "video/x-nut")
    return Elementary(made.name, file, first, _gops(folder / file.name))


def _gops(path: Path) -> tuple[Gop, ...]:
    gops: list[Gop] = []
    with av.open(str(path), format="nut") as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.is_keyframe:
                gops.append(Gop(0, 0))
            if packet.size:
                gops[-1] = Gop(gops[-1].pictures + 1, gops[-1].bytes + packet.size)
    return tuple(gops)


def sound(folder: Path, seconds: Fraction) -> SoundResult:
    """A second of tone, a second of silence, and so on."""
    part = folder / "sound.part"
    count = round(seconds * 44_100)
    clock = np.arange(count) / 44_100
    wave = 0.3 * np.sin(2 * np.pi * 440 * clock) * (clock.astype(int) % 2 == 0)
    with av.open(str(part), "w", format="mp2") as container:
        stream = container.add_stream("mp2", rate=44_100, layout="stereo")
        stream.bit_rate = 224_000
        samples = (wave * 32767).astype(np.int16).repeat(2)[None, :]
        frame = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
        frame.rate, frame.pts = 44_100, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file = publish(part, folder, "sound", "mp2", "audio/mpeg")
    return SoundResult(
        file=file,
        codec="mp2",
        samples=count,
        sample_rate=44_100,
        delay=DELAY,
        start=Fraction(0),
        loudness=-24.0,
        true_peak=-10.0,
        errors=0,
        cpu={},
    )


def lesson(
    inputs: Path,
    kind: str,
    counts: Sequence[int],
    chapters: Sequence[Fraction] = (),
    *,
    rate: Fraction = RATE,
    paint: Painter = slides,
) -> VcdTask:
    """A lesson of pieces of `counts` pictures, on one disc; its folder is to be set."""
    made = rendition(kind, rate)
    pieces, first = [], 0
    for count in counts:
        pieces.append(piece(inputs, made, first, count, paint))
        first += count
    duration = Fraction(first) / rate
    return VcdTask(
        name=kind,
        kind=kind,
        label="COURSE 01",
        pieces=tuple(pieces),
        rendition=made,
        sound=sound(inputs, duration),
        chapters=tuple(Chapter(start, "", None) for start in chapters),
        duration=duration,
        first=0,
        last=first,
        volume=1,
        volumes=1,
        inputs=str(inputs),
        folder="",
    )

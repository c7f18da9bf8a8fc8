"""Finished pieces of a lesson to broadcast, as the encoders of chunks and of sound leave them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType

from encoders.broadcast.rates import video_rate
from encoders.broadcast.task import BroadcastTask, Service, SoundTrack
from encoders.tasks import Artifact, Elementary, Gop, RasterRendition, SoundResult
from tests.media import Painter, picture, slides

RATE = 25
SIZE = (352, 288)
DELAYS = {"mp2": 481, "aac": 1024}
"""Samples FFmpeg's encoders begin with."""

SERVICE = Service(
    service_id=101,
    ts_id=7,
    original_network_id=0x1234,
    name="远程教育",
    provider="课件中心",
    network="农村党员干部现代远程教育",
    network_id=0x3001,
)


def rendition(maxrate: int, *, b_frames: int = 2, fields: str | None = None) -> RasterRendition:
    return RasterRendition(
        name="broadcast",
        codec="h264",
        width=SIZE[0],
        height=SIZE[1],
        aspect=Fraction(4, 3),
        rate=Fraction(RATE),
        fields=fields,
        gop=RATE,
        b_frames=b_frames,
        bitrate=maxrate,
        maxrate=maxrate,
        buffer=maxrate // 2,
        quantiser=None,
        preset="ultrafast",
        burn=(),
    )


def lesson(
    folder: Path,
    *,
    muxrate: int = 500_000,
    seconds: Sequence[int] = (3, 3),
    paint: Painter = slides,
    b_frames: int = 2,
    codecs: Sequence[str] = ("mp2",),
    bitrate: int = 64_000,
    maxrate: int | None = None,
    buffer: Fraction = Fraction(1, 2),
) -> BroadcastTask:
    """`seconds` of each piece; the pictures keep to what fits, or to `maxrate`, and to a buffer of
    so many seconds."""
    inputs, out = folder / "inputs", folder / "out"
    inputs.mkdir()
    out.mkdir()
    fits = video_rate(
        muxrate, bitrate, tracks=len(codecs), codec="aac" if "aac" in codecs else "mp2"
    )
    made = rendition(maxrate or fits, b_frames=b_frames)
    made = replace(made, buffer=int(made.maxrate * buffer))
    pieces, first = [], 0
    for length in seconds:
        last = first + length * RATE
        pieces.append(piece(inputs, made, first, last, paint))
        first = last
    languages = ("chi", "eng")
    sounds = tuple(
        SoundTrack(
            languages[n], sound(inputs, f"sound-{n}", codec, bitrate, first, 300.0 * (n + 1))
        )
        for n, codec in enumerate(codecs)
    )
    return BroadcastTask(
        name="broadcast-500k",
        pieces=tuple(pieces),
        rendition=made,
        sounds=sounds,
        muxrate=muxrate,
        service=SERVICE,
        duration=Fraction(first, RATE),
        inputs=str(inputs),
        folder=str(out),
    )


def piece(folder: Path, made: RasterRendition, first: int, last: int, paint: Painter) -> Elementary:
    """Slots `first` to `last` in closed GOPs, within half of the buffer."""
    path = folder / f"{made.name}-{first:07d}.nut"
    own = (
        f"keyint={made.gop}:min-keyint={made.gop}:scenecut=0:open-gop=0:aud=1:repeat-headers=1:"
        f"bframes={made.b_frames}:vbv-maxrate={made.maxrate * 9 // 10_000}:"
        f"vbv-bufsize={made.buffer // 2000}:vbv-init=0.9"
    )
    with av.open(
        str(path),
        "w",
        format="nut",
        container_options={"fflags": "+bitexact", "avoid_negative_ts": "disabled"},
    ) as container:
        stream = container.add_stream("libx264", rate=made.rate)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = made.width, made.height, "yuv420p"
        context.time_base, context.thread_count = 1 / made.rate, 1
        context.bit_rate = made.bitrate * 9 // 10
        context.flags &= ~av.codec.context.Flags.global_header
        context.options = {
            "preset": "ultrafast",
            "profile": "high",
            "forced-idr": "1",
            "x264-params": own,
        }
        for slot in range(first, last):
            frame = picture(slot, (made.width, made.height), paint)
            frame.pts, frame.time_base = slot, 1 / made.rate
            starts = (slot - first) % made.gop == 0
            frame.pict_type = PictureType.I if starts else PictureType.NONE
            for packet in stream.encode(frame):
                packet.duration = 1
                container.mux_one(packet)
        for packet in stream.encode(None):
            packet.duration = 1
            container.mux_one(packet)
    gops = tuple(Gop(made.gop, 0) for _ in range((last - first) // made.gop))
    return Elementary(made.name, artifact(path, "video/x-nut"), first, gops)


def sound(
    folder: Path, name: str, codec: str, bitrate: int, pictures: int, hertz: float
) -> SoundResult:
    """A tone that starts with the lesson and is as long as its pictures."""
    path = folder / (f"{name}.mp2" if codec == "mp2" else f"{name}.m4a")
    samples = pictures * 48_000 // RATE
    phase = 2 * np.pi * hertz * np.arange(samples) / 48_000
    wave = (0.2 * np.sin(phase) * 32767).astype(np.int16)[None, :]
    form = "s16" if codec == "mp2" else "fltp"
    with av.open(str(path), "w", format="mp2" if codec == "mp2" else "mp4") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        stream.bit_rate = bitrate
        resampler = av.AudioResampler(format=form, layout="mono", rate=48_000)
        whole = av.AudioFrame.from_ndarray(wave, "s16", "mono")
        whole.sample_rate, whole.pts, whole.time_base = 48_000, 0, Fraction(1, 48_000)
        for frame in (*resampler.resample(whole), *resampler.resample(None)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return SoundResult(
        file=artifact(path, "audio/mpeg"),
        codec=codec,
        samples=samples,
        sample_rate=48_000,
        delay=DELAYS[codec],
        start=Fraction(0),
        loudness=-24.0,
        true_peak=-2.5,
        errors=0,
        cpu={},
    )


def artifact(path: Path, type: str) -> Artifact:
    data = path.read_bytes()
    return Artifact(path.name, len(data), hashlib.sha256(data).hexdigest(), type)

"""Small lessons as the parts of a DVD: a few seconds, in several qualities, with sound."""

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.video.stream import VideoStream
from PIL import Image

from encoders.artifact import finish, publish
from encoders.dvd.limits import FORMATS
from encoders.dvd.task import DvdParts, DvdSound, DvdTask, DvdTitle, runs
from encoders.product import CaptionTrack, Chapter
from encoders.raster import gops_of
from encoders.tasks import Artifact, Elementary, SoundResult
from tests.media import Luma, Painter, picture, slides

MAXRATE = 8_500_000
LEAD = {"ac3": 256, "mp2": 481}
"""Samples of delay of FFmpeg's encoders."""


def make_parts(
    folder: Path,
    name: str,
    *,
    title: str = "温室番茄的滴灌",
    seconds: int = 6,
    size: tuple[int, int] = (352, 288),
    standard: str = "pal",
    aspect: Fraction = Fraction(4, 3),
    quantisers: tuple[int, ...] = (2, 8),
    languages: tuple[str, ...] = ("zh",),
    codec: str = "ac3",
    chapters: tuple[int, ...] = (0, 2, 4),
    captions: str | None = None,
    paint: Painter = slides,
    fields: bool = False,
    level: float = 0.1,
) -> DvdParts:
    """`chapters` in seconds; two chunks, the second from two thirds on, to whole GOPs."""
    rate, _, gop = FORMATS[standard]
    pictures = int(seconds * rate)
    cut = pictures * 2 // 3 // gop * gop
    spans = ((0, cut), (cut, pictures))
    return DvdParts(
        standard=standard,
        width=size[0],
        height=size[1],
        aspect=aspect,
        rate=rate,
        qualities=tuple(
            tuple(
                _encode(folder, f"{name}-q{q}", q, span, size, aspect, standard, paint, fields)
                for span in spans
            )
            for q in quantisers
        ),
        sounds=tuple(
            DvdSound(language, language, make_sound(folder, f"{name}-{language}", codec, seconds))
            for language in languages
        ),
        captions=() if captions is None else (_captions(folder, name, captions),),
        chapters=tuple(
            Chapter(Fraction(at), f"第{n}节 滴头与水压", make_picture(folder, f"{name}-{n}", n))
            for n, at in enumerate(chapters, 1)
        ),
        title=title,
        duration=Fraction(seconds),
        poster=make_picture(folder, name, 0),
    )


def _encode(
    folder: Path,
    name: str,
    quantiser: int,
    span: tuple[int, int],
    size: tuple[int, int],
    aspect: Fraction,
    standard: str,
    paint: Painter,
    fields: bool,
) -> Elementary:
    rate, _, gop = FORMATS[standard]
    path = folder / f"{name}-{span[0]:07d}.part"
    options = {"fflags": "+bitexact", "avoid_negative_ts": "disabled"}
    with av.open(str(path), "w", format="nut", container_options=options) as out:
        stream = out.add_stream("mpeg2video", rate=rate)
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = *size, "yuv420p"
        context.time_base = 1 / rate
        context.sample_aspect_ratio = aspect * size[1] / size[0]
        context.thread_count = 1
        context.bit_rate = MAXRATE
        context.flags |= Flags.bitexact | Flags.closed_gop
        context.flags &= ~Flags.global_header
        if fields:
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        context.options = {
            "g": str(gop),
            "bf": "2",
            "sc_threshold": "1000000000",
            "qmin": str(quantiser),
            "lmin": f"{quantiser}*QP2LAMBDA",
            "mpv_flags": "strict_gop",
            "maxrate": str(MAXRATE),
            "bufsize": "1835008",
            "rc_init_occupancy": "917504",
        }
        for slot in range(*span):
            frame = picture(slot, size, paint)
            frame.pts, frame.time_base = slot, 1 / rate
            for packet in stream.encode(frame):
                packet.duration = 1
                out.mux_one(packet)
        out.mux(stream.encode(None))
    gops = gops_of(path, rate, *span)
    return Elementary(name, publish(path, folder, path.stem, "nut", "video/x-nut"), span[0], gops)


def make_sound(folder: Path, name: str, codec: str, seconds: int) -> SoundResult:
    path = folder / f"{name}.part"
    samples = seconds * 48_000
    form = "fltp" if codec == "ac3" else "s16"
    wave = 0.1 * np.sin(2 * np.pi * 440 * np.arange(samples) / 48_000)
    with av.open(str(path), "w", format=codec, options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=48_000, layout="stereo")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = 128_000
        stream.codec_context.flags |= Flags.bitexact
        step = 1536 if codec == "ac3" else 1152
        for at in range(0, samples, step):
            block = np.stack([wave[at : at + step]] * 2).astype(np.float32)
            if form == "s16":
                block = (block.T.reshape(1, -1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block, form, "stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return SoundResult(
        file=publish(path, folder, name, codec, f"audio/{codec}"),
        codec=codec,
        samples=samples,
        sample_rate=48_000,
        delay=LEAD[codec],
        start=Fraction(0),
        loudness=None,
        true_peak=None,
        errors=0,
        cpu={},
    )


def make_picture(folder: Path, name: str, number: int) -> Artifact:
    """A JPEG of one colour with a band."""
    path = folder / f"{name}.jpg.part"
    image = Image.new("RGB", (320, 180), (40 + 30 * number % 200, 120, 90))
    image.paste((240, 236, 220), (20, 60, 300, 120))
    image.save(path, "JPEG")
    return publish(path, folder, f"{name}-picture", "jpg", "image/jpeg")


def _captions(folder: Path, name: str, text: str) -> CaptionTrack:
    file = finish(folder, f"{name}-captions", "vtt", text.encode(), "text/vtt")
    return CaptionTrack("zh-CN", "中文", file)


def at_quality(parts: DvdParts, quality: int) -> tuple[int, ...]:
    return (quality,) * sum(len(piece.gops) for piece in parts.qualities[0])


def make_task(inputs: Path, folder: Path, parts: tuple[DvdParts, ...], quality: int = 0) -> DvdTask:
    return DvdTask(
        name="dvd",
        label="drip irrigation",
        course="温室番茄栽培",
        base="长沙制作基地",
        date="2024-05-20",
        number=1,
        discs=1,
        titles=tuple(
            DvdTitle(n, one, runs(at_quality(one, quality))) for n, one in enumerate(parts, 1)
        ),
        capacity=4_707_319_808,
        inputs=str(inputs),
        folder=str(folder),
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def grain(number: int, width: int, height: int) -> Luma:
    """Slides filmed in poor light: every quality takes other bytes, and none too many."""
    rough = np.random.default_rng(number).integers(-9, 10, (height, width), np.int16)
    return np.clip(slides(number, width, height) + rough, 16, 235).astype(np.uint8)

"""All ways out from one submission, beside the commands people would run for them one by one.

Every command decodes the recording by itself and makes one thing, with the sizes, rates and encoder
settings of the farm's plan. They make less than the farm does: one program for the DVD, at one bit
rate and without a disc around it, where the farm makes three qualities and an image; sound that is
levelled in audio files alone; no chapters, covers or tags; nothing is checked.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av

from benchmarks import meter, peers
from benchmarks.bench import Bench
from benchmarks.contestants import farm_command
from benchmarks.outputs import SLACK, WrongOutput, check
from benchmarks.peers import Command
from benchmarks.recipe import Recipe, recipe_of
from encoders.profiles import AudioFiles, AudioFormat, Broadcast, Download, Dvd, Profile
from encoders.tasks import RasterRendition, VideoRendition
from farm.plan import Plan

NAMES = ("hls", "broadcast", "dvd", "audio", "download")
DVD_RATE = "4500k"
"""What people give for two hours on a disc; the encoder's speed hardly depends on it."""

P = TypeVar("P", bound=Profile)


@dataclass(frozen=True, slots=True)
class Ways:
    """What has to be made of a recording."""

    recipe: Recipe
    """HLS, and what is the same in all."""
    broadcast: Broadcast
    streams: tuple[RasterRendition, ...]
    """One for each stream of `broadcast`."""
    dvd: Dvd
    disc: RasterRendition
    audio: AudioFiles
    download: VideoRendition
    seconds: Fraction


def ways_of(bench: Bench, seconds: float) -> Ways:
    """From the farm's own plan, so that all agree."""
    plan = bench.plan(seconds, NAMES)
    task = plan.chunks[0].task
    rasters = {one.name: one for one in task.rasters}
    whole = {one.name: one for one in task.renditions}
    broadcast, streams = _planned(plan, Broadcast)
    dvd, qualities = _planned(plan, Dvd)
    audio, _ = _planned(plan, AudioFiles)
    _, rungs = _planned(plan, Download)
    return Ways(
        recipe=recipe_of(bench.plan(seconds), bench.lecture(seconds)),
        broadcast=broadcast,
        streams=tuple(rasters[name] for name in streams),
        dvd=dvd,
        disc=rasters[qualities[0]],
        audio=audio,
        download=whole[rungs[-1]],
        seconds=plan.duration,
    )


def _planned(plan: Plan, kind: type[P]) -> tuple[P, tuple[str, ...]]:
    """The profile of that kind, and its renditions of pictures."""
    ((profile, names),) = [
        (one.profile, one.renditions) for one in plan.profiles if isinstance(one.profile, kind)
    ]
    return profile, names


# --- the farm ------------------------------------------------------------------------------------


def run_ways(ways: Ways, folder: Path) -> meter.Usage:
    """One submission. Raises WrongOutput where something asked for is not there."""
    command = farm_command("run", str(ways.recipe.recording), "--store", str(folder / "store"))
    command += ["--base", "bench", "--work", str(folder / "work"), "--json"]
    for name in NAMES:
        command += ["--profile", name]
    usage = meter.run([command])
    check(ways.recipe, folder / "store")
    made = [path.name for path in (folder / "store").glob("lessons/*/media/*")]
    for start, suffix in _wanted(ways):
        if not any(name.startswith(start) and name.endswith(suffix) for name in made):
            raise WrongOutput(f"The farm made no {start}*{suffix}.")
    return usage


def _wanted(ways: Ways) -> Iterator[tuple[str, str]]:
    """How the names of the files beside HLS begin and end."""
    yield from ((one.name, ".ts") for one in ways.streams)
    yield from (("dvd", ".iso"), ("download", ".mp4"))
    yield from ((f"audio-{one.name}", f".{one.name}") for one in ways.audio.formats)


# --- one command after another -------------------------------------------------------------------


def run_separate(ways: Ways, folder: Path) -> meter.Usage:
    """All commands, one by one. Raises WrongOutput where one made something else than was asked."""
    heard = folder / "loudness.json"
    first = meter.run([*pictures(ways, folder), measuring(ways, heard)])
    second = meter.run(listening(ways, json.loads(heard.read_text()), folder))
    _check(ways, folder)
    return meter.Usage(
        wall=first.wall + second.wall,
        cpu=first.cpu + second.cpu,
        output=first.output + second.output,
    )


def pictures(ways: Ways, folder: Path) -> list[Command]:
    hls = folder / "hls"
    hls.mkdir()
    return [
        *peers.multi_output(ways.recipe, hls),
        *(_transport_stream(ways, index, folder) for index in range(len(ways.streams))),
        dvd_program(ways, folder / "dvd.mpg"),
        _download(ways, folder / "download.mp4"),
    ]


def _transport_stream(ways: Ways, index: int, folder: Path) -> Command:
    """For a multiplex: constant rate, and tables as often as ETSI TR 101 290 wants them."""
    stream, sound, service = ways.streams[index], ways.broadcast.audio, ways.broadcast.service
    total = ways.broadcast.streams[index].total
    return [
        *[*_start(ways), "-map", "0:v:0", "-map", "0:a:0", "-vf", _filters(stream)],
        *["-c:v", "libx264", "-preset", str(stream.preset), "-profile:v", "high"],
        *["-x264-params", "nal-hrd=cbr:force-cfr=1", "-sc_threshold", "0"],
        *["-b:v", str(stream.bitrate), "-minrate", str(stream.bitrate)],
        *["-maxrate", str(stream.maxrate), "-bufsize", str(stream.buffer)],
        *["-g", str(stream.gop), "-bf", str(stream.b_frames)],
        *["-c:a", sound.codec, "-b:a", str(sound.bitrate), "-ac", str(sound.channels)],
        *["-ar", str(sound.sample_rate), "-f", "mpegts", "-muxrate", str(total)],
        *["-pcr_period", "20", "-pat_period", "0.08", "-sdt_period", "1"],
        *["-mpegts_flags", "+system_b+nit", "-mpegts_service_id", str(service.service_id)],
        *["-metadata", f"service_name={service.name}"],
        *["-metadata", f"service_provider={service.provider}", str(folder / f"{stream.name}.ts")],
    ]


def dvd_program(ways: Ways, path: Path) -> Command:
    disc, sound = ways.disc, ways.dvd.audio
    return [
        *[*_start(ways), "-map", "0:v:0", "-map", "0:a:0", "-target", f"{ways.dvd.standard}-dvd"],
        *["-b:v", DVD_RATE, "-maxrate", str(disc.maxrate), "-aspect", _ratio(disc.aspect)],
        *["-c:a", sound.codec, "-b:a", str(sound.bitrate), "-ac", str(sound.channels), str(path)],
    ]


def _download(ways: Ways, path: Path) -> Command:
    recipe, rung = ways.recipe, ways.download
    scale = f"fps={recipe.rate},scale={rung.width}:{rung.height}"
    return [
        *[*_start(ways), "-map", "0:v:0", "-map", "0:a:0", "-vf", scale],
        *[*peers.x264(recipe, rung), *peers.aac(recipe), "-movflags", "+faststart", str(path)],
    ]


def measuring(ways: Ways, path: Path) -> Command:
    """The first of loudnorm's two passes, which all audio files share."""
    filters = f"{_loudnorm(ways)}:print_format=json:stats_file={path}"
    return [*_start(ways), "-map", "0:a:0", "-af", filters, "-f", "null", "-"]


def listening(ways: Ways, heard: dict[str, str], folder: Path) -> list[Command]:
    """The second pass, once for each audio file."""
    measured = ":".join(
        f"{name}={heard[key]}"
        for name, key in (
            ("measured_I", "input_i"),
            ("measured_TP", "input_tp"),
            ("measured_LRA", "input_lra"),
            ("measured_thresh", "input_thresh"),
            ("offset", "target_offset"),
        )
    )
    return [
        [
            *[*_start(ways), "-map", "0:a:0", "-af", f"{_loudnorm(ways)}:{measured}"],
            *[*_codec(one), "-b:a", str(one.bitrate), "-ar", str(one.sample_rate)],
            str(folder / f"audio.{one.name}"),
        ]
        for one in ways.audio.formats
    ]


def _loudnorm(ways: Ways) -> str:
    """Behind the mixing down: that changes the loudness."""
    audio = ways.audio
    layout = "mono" if audio.formats[0].channels == 1 else "stereo"
    return f"aformat=channel_layouts={layout},loudnorm=I={audio.loudness}:TP={audio.true_peak}"


def _codec(form: AudioFormat) -> list[str]:
    names = {"mp3": ["libmp3lame"], "opus": ["libopus"], "aac": ["aac", "-aac_coder", "fast"]}
    return ["-c:a", *names[form.codec]]


def _filters(stream: RasterRendition) -> str:
    display = f"setdar={_ratio(stream.aspect, '/')}"
    return f"fps={stream.rate},scale={stream.width}:{stream.height},{display}"


def _ratio(aspect: Fraction, sign: str = ":") -> str:
    return f"{aspect.numerator}{sign}{aspect.denominator}"


def _start(ways: Ways) -> Command:
    return [peers.ffmpeg(), "-v", "error", "-nostdin", "-y", "-i", str(ways.recipe.recording)]


# --- what was made -------------------------------------------------------------------------------


def _check(ways: Ways, folder: Path) -> None:
    check(ways.recipe, folder / "hls", slack=SLACK)
    for name, kind, asked in _expected(ways):
        made = _count(folder / name, kind)
        if not asked - SLACK <= made <= asked + SLACK:
            raise WrongOutput(f"{name} has {made} of what should be {asked} ({kind}).")


def _expected(ways: Ways) -> Iterator[tuple[str, str, int]]:
    """Name, and pictures, or seconds of sound."""
    for stream in ways.streams:
        yield f"{stream.name}.ts", "video", round(ways.seconds * stream.rate)
    yield "dvd.mpg", "video", round(ways.seconds * ways.disc.rate)
    yield "download.mp4", "video", ways.recipe.pictures
    for one in ways.audio.formats:
        yield f"audio.{one.name}", "audio", round(ways.seconds)


def _count(path: Path, kind: str) -> int:
    with av.open(str(path)) as container:
        if kind == "video":
            return sum(packet.size > 0 for packet in container.demux(container.streams.video[0]))
        if container.duration is None:
            raise WrongOutput(f"{path.name} does not say how long it is.")
        return round(container.duration / av.time_base)

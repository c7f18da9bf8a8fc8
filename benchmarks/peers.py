"""The command lines people would use instead, making the same renditions of the same recording.

Each function gives commands to be run one after another, writing into `folder`.
"""

import json
import sys
from pathlib import Path

import imageio_ffmpeg

from benchmarks.recipe import Recipe
from encoders.tasks import VideoRendition

Command = list[str]


def ffmpeg() -> str:
    """The FFmpeg program of the package the farm pins."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def multi_output(recipe: Recipe, folder: Path) -> list[Command]:
    """One hand-written ffmpeg: one decode, every rendition and the sound, as fMP4 HLS."""
    count = len(recipe.renditions)
    split = "".join(f"[in{n}]" for n in range(count))
    graph = [f"[0:v:0]fps={recipe.rate},split={count}{split}"]
    graph += [
        f"[in{n}]scale={one.width}:{one.height}[out{n}]" for n, one in enumerate(recipe.renditions)
    ]
    command = [*_start(recipe), "-filter_complex", ";".join(graph)]
    for n in range(count):
        command += ["-map", f"[out{n}]"]
    command += ["-map", "0:a:0"]
    for n, one in enumerate(recipe.renditions):
        command += x264(recipe, one, n)
    names = [f"v:{n},agroup:sound,name:{one.name}" for n, one in enumerate(recipe.renditions)]
    names.append("a:0,agroup:sound,name:sound")
    command += [*aac(recipe), *_hls(recipe), "-var_stream_map", " ".join(names)]
    command += ["-master_pl_name", "master.m3u8", "-hls_fmp4_init_filename", "%v-init.mp4"]
    return [[*command, *_files(folder, "%v")]]


def one_per_rendition(recipe: Recipe, folder: Path) -> list[Command]:
    """One ffmpeg for each rendition and one for the sound, one after another, as Opencast does."""
    commands = [
        [
            *[*_start(recipe), "-map", "0:v:0"],
            *["-vf", f"fps={recipe.rate},scale={one.width}:{one.height}"],
            *x264(recipe, one),
            *[*_hls(recipe), "-hls_fmp4_init_filename", f"{one.name}-init.mp4"],
            *_files(folder, one.name),
        ]
        for one in recipe.renditions
    ]
    sound = [*_start(recipe), "-map", "0:a:0", *aac(recipe), *_hls(recipe)]
    sound += ["-hls_fmp4_init_filename", "sound-init.mp4", *_files(folder, "sound")]
    return [*commands, sound]


def shaka(recipe: Recipe, folder: Path) -> list[Command]:
    """Shaka Streamer with the farm's rungs and encoder settings.

    Its configuration has no preset (`slow` is written in its source), no CRF and no rate cap; they
    are pinned by `benchmarks.shaka`.
    """
    pinned = {one.name: x264(recipe, one) for one in recipe.renditions}
    return _shaka(recipe, folder, pinned)


def shaka_as_shipped(recipe: Recipe, folder: Path) -> list[Command]:
    """Shaka Streamer with the farm's sizes, and the rungs' rate caps as its bit rates."""
    return _shaka(recipe, folder, {})


def _shaka(recipe: Recipe, folder: Path, pinned: dict[str, list[str]]) -> list[Command]:
    settings = {
        "input": _shaka_input(recipe),
        "pipeline": {
            "streaming_mode": "vod",
            "quiet": True,
            "resolutions": [one.name for one in recipe.renditions],
            "channel_layouts": ["sound"],
            "manifest_format": ["hls"],
            "hls_output": "master.m3u8",
            "segment_size": float(recipe.segment),
        },
        "bitrate": _shaka_rungs(recipe),
        "pinned": pinned,
        "output": str(folder / "hls"),
    }
    request = folder / "shaka.json"
    request.write_text(json.dumps(settings, indent=1))
    return [[sys.executable, "-m", "benchmarks.shaka", str(request)]]


def _shaka_input(recipe: Recipe) -> dict[str, object]:
    name = str(recipe.recording)
    return {
        "inputs": [
            {"name": name, "media_type": "video", "filters": [f"fps={recipe.rate}"]},
            {"name": name, "media_type": "audio"},
        ]
    }


def _shaka_rungs(recipe: Recipe) -> dict[str, object]:
    """Rungs by name, and one without bounds for the recording itself to fall into."""
    sizes = [(one.name, one.width, one.height, one.maxrate) for one in recipe.renditions]
    sizes.append(("recording", 1 << 16, 1 << 16, 1_000_000))
    sound = recipe.sound
    return {
        "video_resolutions": {
            name: {
                "max_width": width,
                "max_height": height,
                "bitrates": {"h264": f"{rate // 1000}k"},
            }
            for name, width, height, rate in sizes
        },
        "audio_channel_layouts": {
            name: {"max_channels": channels, "bitrates": {"aac": f"{sound.bitrate // 1000}k"}}
            for name, channels in (("sound", sound.channels), ("recording", 64))
        },
    }


def x264(recipe: Recipe, rendition: VideoRendition, stream: int | None = None) -> list[str]:
    """The encoder's settings of a rendition, for one output stream of an ffmpeg command.

    As the farm's: an IDR is forced where a segment starts, and scene cuts place none.
    """
    of = "v" if stream is None else f"v:{stream}"
    gop = round(recipe.segment * recipe.rate)
    return [
        *[f"-c:{of}", "libx264", f"-profile:{of}", "high", f"-pix_fmt:{of}", "yuv420p"],
        *[f"-preset:{of}", rendition.preset, f"-crf:{of}", str(rendition.crf)],
        *[f"-maxrate:{of}", str(rendition.maxrate), f"-bufsize:{of}", str(rendition.buffer)],
        *[f"-g:{of}", str(2 * gop), f"-keyint_min:{of}", str(gop + 1), f"-forced-idr:{of}", "1"],
        *[f"-force_key_frames:{of}", f"expr:gte(n,n_forced*{gop})"],
    ]


def aac(recipe: Recipe) -> list[str]:
    sound = recipe.sound
    return [
        *["-c:a", "aac", "-aac_coder", "fast", "-b:a", str(sound.bitrate)],
        *["-ac", str(sound.channels), "-ar", str(sound.sample_rate)],
    ]


def _start(recipe: Recipe) -> Command:
    return [ffmpeg(), "-v", "error", "-nostdin", "-y", "-i", str(recipe.recording)]


def _hls(recipe: Recipe) -> list[str]:
    return [
        *["-f", "hls", "-hls_segment_type", "fmp4", "-hls_playlist_type", "vod"],
        *["-hls_time", str(float(recipe.segment)), "-hls_flags", "independent_segments"],
    ]


def _files(folder: Path, name: str) -> list[str]:
    return ["-hls_segment_filename", str(folder / f"{name}-%05d.m4s"), str(folder / f"{name}.m3u8")]

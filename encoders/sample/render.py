"""Scenes painted picture by picture into the kind of file a camera recorder writes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg
import numpy as np

from encoders.loudness import Samples
from encoders.sample.canvas import HEIGHT, WIDTH
from encoders.sample.deck import TITLE, Scene
from encoders.sample.figure import Picture, Speaker, Walk, banner, progress, water
from encoders.sample.sound import envelope

_GOP_SECONDS = 2
_BANNER = (0.8, 4.6)
"""Seconds between which the speaker's name is shown."""

_SLIDE_IN = 0.5  # seconds


def picture_track(
    path: Path, scenes: Sequence[Scene], speech: Samples, size: tuple[int, int], rate: int
) -> None:
    """H.264 without sound. Raises RuntimeError with ffmpeg's words where it failed."""
    source = ffmpeg.input(
        "pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{WIDTH}x{HEIGHT}", framerate=rate
    )
    scaled = source.filter("scale", *size, out_color_matrix="bt709", out_range="tv")
    tagged = scaled.filter(
        "setparams", colorspace="bt709", color_primaries="bt709", color_trc="bt709"
    )
    # As camera recorders do: a key frame every two seconds, no pictures out of order.
    codec = {"c:v": "libx264", "preset": "veryfast", "crf": 18, "bf": 0, "g": _GOP_SECONDS * rate}
    rates = {"maxrate": "4M", "bufsize": "8M", "pix_fmt": "yuv420p"}
    stream = ffmpeg.output(tagged, str(path), **codec, **rates)
    process = _quiet(stream).run_async(cmd=_program(), pipe_stdin=True, pipe_stderr=True)
    try:
        for picture in _pictures(scenes, envelope(speech, rate), rate):
            process.stdin.write(picture.data)
    except BrokenPipeError:
        process.kill()  # it failed: its words say why
    _, words = process.communicate()
    if process.returncode:
        raise RuntimeError(f"ffmpeg failed: {words.decode(errors='replace')[-500:]}")


def joined(pictures: Path, speech: Path, seconds: float, path: Path) -> None:
    """Both tracks repeated up to so many seconds; the pictures are not encoded again."""
    video = ffmpeg.input(str(pictures), stream_loop=-1)
    audio = ffmpeg.input(str(speech), stream_loop=-1)
    stream = ffmpeg.output(
        video.video,
        audio.audio,
        str(path),
        t=f"{seconds:g}",
        movflags="+faststart",
        **{"c:v": "copy", "c:a": "aac", "b:a": "128k", "aac_coder": "fast"},
        **{"metadata": f"title={TITLE}", "metadata:s:a:0": "language=chi"},
    )
    try:
        _quiet(stream).run(cmd=_program(), capture_stderr=True)
    except ffmpeg.Error as error:
        words = error.stderr.decode(errors="replace")[-500:]
        raise RuntimeError(f"ffmpeg failed: {words}") from error


def _quiet(stream: Any) -> Any:
    return stream.global_args("-nostdin", "-v", "error").overwrite_output()


def _program() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _pictures(scenes: Sequence[Scene], mouth: Sequence[float], rate: int) -> Iterator[Picture]:
    """Every picture of the lecture, [720, 1280, 3]."""
    total = round(sum(scene.seconds for scene in scenes) * rate)
    speaker = Speaker()
    walk = Walk() if any(scene.moving == "walk" for scene in scenes) else None
    number = 0
    ends = np.cumsum([scene.seconds for scene in scenes])
    for scene, end in zip(scenes, ends, strict=True):
        start = number
        pages: dict[float, Any] = {}
        while number < min(total, round(end * rate)):
            time = number / rate
            if scene.moving == "walk" and walk:
                picture = walk.picture(number, time)
            else:
                state = scene.state((number - start) / rate)
                if state not in pages:
                    pages = {state: scene.page(state)}
                picture = _page(scene, pages[state], time)
            speaker.paint(picture, number, time, mouth[min(number, len(mouth) - 1)])
            progress(picture, (number + 1) / total)
            yield picture
            number += 1


def _page(scene: Scene, page: Any, time: float) -> Picture:
    image = page.copy()
    if scene.moving == "water":
        water(image, time)
    first, last = _BANNER
    if first < time < last:
        banner(image, min(1.0, (time - first) / _SLIDE_IN, (last - time) / _SLIDE_IN))
    return np.array(image)

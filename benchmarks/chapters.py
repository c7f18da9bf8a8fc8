"""How well changes of slide and scene are told, and what the finder costs beside the encoders.

Lectures with known changes, made by other seeds than the detector was tuned with, each as it is
and coded with few bits, go through the finder in chunks, and the chunks through the farm.
"""

import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from benchmarks.results import FinderCost, Told, Turns
from encoders.changes import ChangeFinder
from encoders.shape import Color
from encoders.slots import Run
from farm.chapters import changes_of
from tests.encoders.found_changes import Score, as_changes, frames_of, scored, sought
from tests.encoders.known_changes import Lecture, coded, lecture

RATE, CODED_RATE = 5, 12
BITRATE = 60_000
CHUNK = 30
"""Seconds."""
FIRST_SEED = 1001
LADDER = ((1280, 720), (854, 480), (640, 360), (426, 240))
"""What the finder's cost is compared with: x264, medium, one thread each."""


def turns(kind: str, lectures: int, slides: int, folder: Path) -> Turns:
    """Of so many lectures of a kind, of so many slides each."""
    plain, small = Score(0, 0, 0), Score(0, 0, 0)
    for seed in range(FIRST_SEED, FIRST_SEED + lectures):
        made = lecture(kind, seed, slides)
        plain += _score(made, frames_of(made, RATE), RATE)
        with av.open(str(coded(made, folder / "coded.mp4", CODED_RATE, BITRATE))) as container:
            small += _score(made, list(container.decode(video=0)), CODED_RATE)
    return Turns(kind, _told(plain), _told(small))


def _told(score: Score) -> Told:
    return Told(score.right, score.wrong, score.missed)


def _score(made: Lecture, frames: list[VideoFrame], rate: int) -> Score:
    cuts = range(CHUNK * rate, len(frames), CHUNK * rate)
    spans = [as_changes(one) for one in sought(frames, rate, cuts)]
    return scored(made.changes, [turn.time for turn in changes_of(spans)])


def finder_cost(seconds: int, folder: Path) -> FinderCost:
    """On a lecture of so many seconds, picture by picture beside the encoders of a ladder."""
    path = folder / "lecture.mp4"
    command = [sys.executable, "-m", "encoders.sample", str(path), "--seconds", str(seconds)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    clock = _Clock()
    with av.open(str(path)) as container:
        rate = Fraction(container.streams.video[0].average_rate or 25)
        encoders = [_encoder(*size, rate) for size in LADDER]
        finder = ChangeFinder(rate, 0, seconds * int(rate), Color(1, 1, 1))
        for slot, frame in enumerate(container.decode(video=0)):
            scaled = [frame.reformat(*size) for size in LADDER]
            clock.lap()
            finder.add(Run(slot, slot + 1, frame), frame)
            clock.finder += clock.lap()
            for encoder, picture in zip(encoders, scaled, strict=True):
                picture.pts, picture.time_base = slot, 1 / rate
                encoder.encode(picture)
            clock.encoders += clock.lap()
    clock.lap()
    for encoder in encoders:
        encoder.encode(None)
    clock.encoders += clock.lap()
    finder.result()
    clock.finder += clock.lap()
    return FinderCost(clock.finder / seconds, clock.encoders / seconds)


class _Clock:
    """CPU seconds of this process, told apart."""

    def __init__(self) -> None:
        self.finder = 0.0
        self.encoders = 0.0
        self._since = time.process_time()

    def lap(self) -> float:
        """Since the last one."""
        since, self._since = self._since, time.process_time()
        return self._since - since


def _encoder(width: int, height: int, rate: Fraction) -> av.VideoCodecContext:
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.thread_count = 1 / rate, rate, 1
    encoder.options = {"preset": "medium", "crf": "23"}
    return encoder

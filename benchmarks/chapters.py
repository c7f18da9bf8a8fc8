"""How well changes of slide and scene are told: `python -m benchmarks.chapters`.

Lectures with known changes, made by other seeds than the detector was tuned with, each as it is
and coded with few bits, go through the finder in chunks, and the chunks through the farm. Prints a
table of precision and recall for each kind, and what the finder costs beside the encoders.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from encoders.changes import ChangeFinder
from encoders.shape import Color
from encoders.slots import Run
from farm.chapters import changes_of
from tests.encoders.found_changes import Score, as_changes, frames_of, scored, sought
from tests.encoders.known_changes import KINDS, Lecture, coded, lecture

SLIDES = 10
RATE, CODED_RATE = 5, 12
BITRATE = 60_000
CHUNK = 30
"""Seconds."""
LADDER = ((1280, 720), (854, 480), (640, 360), (426, 240))
"""What the finder's cost is compared with: x264, medium, one thread each."""
COST_SECONDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chapters", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="lectures of each kind (5)")
    options = parser.parse_args()
    print("| lecture | changes | precision | recall | coded: precision | coded: recall |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    totals = (Score(0, 0, 0), Score(0, 0, 0))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            scores = _scores(kind, range(1001, 1001 + options.seeds), Path(folder))
            totals = (totals[0] + scores[0], totals[1] + scores[1])
            print(_row(kind, *scores), flush=True)
        print(_row("**all**", *totals))
        finder, encoders = _costs(Path(folder) / "lecture.mp4")
    print(
        f"\nCPU a second of 720p lecture: finder {finder * 1000:.1f} ms, x264 medium in four sizes "
        f"{encoders * 1000:.0f} ms: {finder / encoders:.1%}"
    )


def _row(kind: str, plain: Score, small: Score) -> str:
    return (
        f"| {kind} | {plain.right + plain.missed} | {plain.precision:.2f} | {plain.recall:.2f} "
        f"| {small.precision:.2f} | {small.recall:.2f} |"
    )


def _scores(kind: str, seeds: range, folder: Path) -> tuple[Score, Score]:
    plain, small = Score(0, 0, 0), Score(0, 0, 0)
    for seed in seeds:
        made = lecture(kind, seed, SLIDES)
        plain += _score(made, frames_of(made, RATE), RATE)
        with av.open(str(coded(made, folder / "coded.mp4", CODED_RATE, BITRATE))) as container:
            small += _score(made, list(container.decode(video=0)), CODED_RATE)
    return plain, small


def _score(made: Lecture, frames: list[VideoFrame], rate: int) -> Score:
    cuts = range(CHUNK * rate, len(frames), CHUNK * rate)
    spans = [as_changes(one) for one in sought(frames, rate, cuts)]
    return scored(made.changes, [turn.time for turn in changes_of(spans)])


def _costs(path: Path) -> tuple[float, float]:
    """CPU seconds a second of lecture: the finder, and the encoders of a ladder."""
    command = [sys.executable, "-m", "encoders.sample", str(path), "--seconds", str(COST_SECONDS)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with av.open(str(path)) as container:
        rate = Fraction(container.streams.video[0].average_rate or 25)
        encoders = [_encoder(*size, rate) for size in LADDER]
        finder = ChangeFinder(rate, 0, COST_SECONDS * int(rate), Color(1, 1, 1))
        spent = [0.0, 0.0]
        for slot, frame in enumerate(container.decode(video=0)):
            begin = time.process_time()
            finder.add(Run(slot, slot + 1, frame), frame)
            middle = time.process_time()
            spent[0] += middle - begin
            scaled = [frame.reformat(*size) for size in LADDER]
            begin = time.process_time()
            for encoder, picture in zip(encoders, scaled, strict=True):
                picture.pts, picture.time_base = slot, 1 / rate
                encoder.encode(picture)
            spent[1] += time.process_time() - begin
    begin = time.process_time()
    for encoder in encoders:
        encoder.encode(None)
    spent[1] += time.process_time() - begin
    begin = time.process_time()
    finder.result()
    spent[0] += time.process_time() - begin
    return spent[0] / COST_SECONDS, spent[1] / COST_SECONDS


def _encoder(width: int, height: int, rate: Fraction) -> av.VideoCodecContext:
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.thread_count = 1 / rate, rate, 1
    encoder.options = {"preset": "medium", "crf": "23"}
    return encoder


if __name__ == "__main__":
    main()

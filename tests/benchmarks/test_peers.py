"""Peers make the same renditions as the farm would; and a meter counts what they cost."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks import meter, peers, shaka
from benchmarks.memory import PeakWatch
from benchmarks.outputs import Made, WrongOutput, check, renditions
from benchmarks.recipe import Recipe
from encoders.tasks import AudioRendition, VideoRendition

SECONDS = 7
RATE = 25


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    picture = f"testsrc2=size=320x180:rate={RATE}:duration={SECONDS}"
    sound = f"sine=frequency=300:sample_rate=48000:duration={SECONDS}"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [peers.ffmpeg(), "-v", "error", *inputs, *encode, "-ac", "2", str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(scope="module")
def recipe(clip: Path) -> Recipe:
    sizes = [("90p", 160, 90), ("180p", 320, 180)]
    return Recipe(
        recording=clip,
        rate=Fraction(RATE),
        segment=Fraction(6),
        pictures=SECONDS * RATE,
        renditions=tuple(
            VideoRendition(name, width, height, 24.0, "veryfast", 100_000, 200_000)
            for name, width, height in sizes
        ),
        sound=AudioRendition("audio", 64_000, 2, 48_000, -16.0, -1.0),
    )


@pytest.mark.parametrize(
    "peer", [peers.multi_output, peers.one_per_rendition, peers.shaka, peers.shaka_as_shipped]
)
def test_a_peer_makes_the_renditions_asked_for(peer, recipe: Recipe, tmp_path: Path) -> None:
    meter.run(peer(recipe, tmp_path))

    asked = [Made(160, 90, SECONDS * RATE), Made(320, 180, SECONDS * RATE)]
    assert sorted(renditions(tmp_path)) == asked
    check(recipe, tmp_path)


def test_segments_of_all_peers_start_where_the_farms_do(recipe: Recipe, tmp_path: Path) -> None:
    for peer in (peers.multi_output, peers.one_per_rendition, peers.shaka):
        folder = tmp_path / peer.__name__
        folder.mkdir()
        meter.run(peer(recipe, folder))

        texts = [playlist.read_text() for playlist in folder.rglob("*.m3u8")]
        media = [durations(text) for text in texts if "#EXTINF" in text]
        assert media == [[6.0, 1.0]] * 3, peer.__name__


def durations(playlist: str) -> list[float]:
    """Of segments, to a tenth of a second: AAC frames do not end at whole seconds."""
    return [round(float(seconds), 1) for seconds in re.findall(r"#EXTINF:([\d.]+)", playlist)]


def test_a_rendition_that_is_missing_is_noticed(recipe: Recipe, tmp_path: Path) -> None:
    meter.run(peers.one_per_rendition(recipe, tmp_path)[:1])

    with pytest.raises(WrongOutput, match="320"):
        check(recipe, tmp_path)


def test_shaka_streamers_own_options_are_replaced() -> None:
    own = [
        "-map",
        "0:v:0",
        "-preset",
        "slow",
        "-flags",
        "+loop",
        "-b:v",
        "85k",
        "-vf",
        "scale=-2:90",
    ]

    assert shaka.pinned(own, ["-preset:v", "medium"]) == [
        *["-map", "0:v:0", "-flags", "+loop", "-vf", "scale=-2:90"],
        *["-preset:v", "medium"],
    ]


START = "import subprocess, sys; subprocess"
BUSY = "import time\nwhile time.process_time() < 0.5: pass"


@pytest.mark.parametrize("make", [meter.counter, meter.ReaperCounter])
def test_cpu_of_grandchildren_left_behind_is_counted(make, monkeypatch: pytest.MonkeyPatch) -> None:
    left = f"{START}.Popen([sys.executable, '-c', {BUSY!r}])"
    monkeypatch.setattr(meter, "counter", make)

    usage = meter.run([[sys.executable, "-c", left], [sys.executable, "-c", "print('second')"]])

    assert usage.cpu > 0.5
    assert usage.output == "second\n"


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(meter.CommandFailed, match="out of luck"):
        meter.run([[sys.executable, "-c", "raise SystemExit('out of luck')"]])


def test_memory_of_a_child_below_is_seen(tmp_path: Path) -> None:
    # What the watch looks for is the command line `python -m encoders`.
    package = tmp_path / "encoders"
    package.mkdir()
    (package / "__main__.py").write_text("import time; kept = b'x' * 50_000_000; time.sleep(1)")
    start = f"{START}.run([sys.executable, '-m', 'encoders'], cwd={str(tmp_path)!r})"
    watch = PeakWatch()

    meter.run([[sys.executable, "-c", start]], watch=watch)

    assert 50_000_000 < watch.peak.child < 150_000_000

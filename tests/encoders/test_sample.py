"""The sample lecture is what the README promises: seen, heard, in Chinese, as a camera records."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from encoders.sample import canvas, lecture, make_sample, sound
from encoders.sample.deck import scenes
from encoders.sample.sound import soundtrack
from tests.encoders.sound import ffmpeg_level

SIZE = (320, 180)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "sample.mp4"
    make_sample(path, seconds=6, size=SIZE)
    return path


@pytest.fixture
def opened(sample: Path) -> Iterator[av.container.InputContainer]:
    with av.open(str(sample)) as container:
        yield container


def test_it_is_what_a_camera_records(opened: av.container.InputContainer) -> None:
    picture, speech = opened.streams.video[0], opened.streams.audio[0]
    assert (picture.width, picture.height) == SIZE
    assert picture.average_rate == 25
    assert picture.frames == 150
    assert picture.codec_context.name == "h264"
    assert (speech.codec_context.name, speech.channels, speech.rate) == ("aac", 2, 48_000)
    assert opened.duration == pytest.approx(6_000_000, abs=50_000)
    assert "番茄" in opened.metadata["title"]
    stamps = [float(p.pts * p.time_base) for p in opened.demux(picture) if p.is_keyframe]
    assert stamps[0] == 0
    assert all(later - earlier <= 2 for earlier, later in pairwise(stamps))


def test_there_is_always_something_to_see_and_something_moves(
    opened: av.container.InputContainer,
) -> None:
    pictures = [frame.to_ndarray(format="gray") for frame in opened.decode(video=0)]
    assert all(picture.mean() > 100 and picture.std() > 20 for picture in pictures[::10])
    moves = [np.abs(a.astype(int) - b).max() for a, b in pairwise(pictures[::5])]
    assert min(moves) > 20


def test_it_is_as_quiet_as_a_cameras_microphone(sample: Path) -> None:
    loudness, peak = ffmpeg_level(sample)
    assert loudness == pytest.approx(-27, abs=1)
    assert peak < -3


def test_the_same_call_gives_the_same_pictures_and_sounds(sample: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    make_sample(again, seconds=6, size=SIZE)
    assert again.read_bytes() == sample.read_bytes()


def test_a_long_lecture_repeats_what_was_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("encoders.sample.LONGEST_PAINTED", 4)
    path = tmp_path / "long.mp4"
    lecture(path, seconds=11, size=SIZE)
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.dts is not None]
        assert [p.dts * p.time_base for p in packets] == [
            pytest.approx(number / 25) for number in range(275)
        ]
        assert container.streams.audio[0].duration is not None
        assert container.duration == pytest.approx(11_000_000, abs=50_000)
    assert [child.name for child in tmp_path.iterdir()] == ["long.mp4"]


@pytest.mark.parametrize("film", [False, True])
def test_the_deck_is_as_long_as_asked_for(film: bool) -> None:
    deck = scenes(90, film)
    assert sum(scene.seconds for scene in deck) == pytest.approx(90)
    assert any(scene.moving == "walk" for scene in deck) == film


def test_without_a_voice_there_is_music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound.shutil, "which", lambda _: None)
    samples = soundtrack(scenes(8, film=False), tmp_path)
    assert samples.shape == (2, 8 * sound.RATE)
    assert list(tmp_path.iterdir()) == []
    seconds = np.abs(samples[0]).reshape(8, -1).max(axis=1)
    assert (seconds > 0.01).sum() >= 6


def test_a_missing_font_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas, "_FONTS", {"bold": (("/nowhere.ttc", 0),)})
    canvas.font.cache_clear()
    with pytest.raises(canvas.MissingFont, match="fonts-noto-cjk"):
        canvas.font("bold", 20)


def test_the_command_says_how_it_is_used(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "encoders.sample"]
    asked = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "--seconds" in asked.stdout
    out = str(tmp_path / "a.mp4")
    wrong = subprocess.run([*command, out, "--seconds", "0"], capture_output=True, text=True)
    assert wrong.returncode == 2
    (tmp_path / "file").touch()
    inside = str(tmp_path / "file" / "a.mp4")
    failed = subprocess.run([*command, inside], capture_output=True, text=True)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr

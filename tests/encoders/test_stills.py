"""Single pictures near given times, and the sound of a recording as one picture."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from encoders import strip
from encoders.facts import Facts
from encoders.inspect import inspect
from encoders.opening import Unreadable
from encoders.stills import make_stills
from encoders.tasks import InspectTask, Limits, Span, StillsResult, StillsTask
from tests.media import lecture, number_of

SECONDS, RATE = 20, 25


def facts_of(path: Path) -> Facts:
    return inspect(InspectTask(str(path), Limits()), lambda _: None)


def task_of(
    path: Path, folder: Path, times: Sequence[Fraction | int], **changes: object
) -> StillsTask:
    facts = facts_of(path)
    folder.mkdir(exist_ok=True)
    fields: dict[str, Any] = {
        "source": str(path),
        "video": facts.video,
        "times": tuple(map(Fraction, times)),
        "width": 320,
        "audio": None,
        "marks": (),
        "origin": facts.origin,
        "duration": facts.duration,
        "pixels": Limits().pixels,
        "folder": str(folder),
    }
    return StillsTask(**(fields | changes))


def made(task: StillsTask) -> StillsResult:
    return make_stills(task, lambda _: None)


def images(task: StillsTask) -> list[Image.Image]:
    folder = Path(task.folder)
    found = made(task).stills
    return [Image.open(io.BytesIO((folder / one.file.name).read_bytes())) for one in found]


def shown(image: Image.Image) -> int:
    """The number burnt in."""
    return number_of(np.asarray(image.convert("L")))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stills") / "lecture.mp4"
    return lecture(path, seconds=SECONDS, size=(640, 360), gop=50, b_frames=2)


def test_each_still_is_of_its_time(recording: Path, tmp_path: Path) -> None:
    """Also between key frames, of which there is one every two seconds."""
    times = [0, Fraction(1, 2), Fraction(77, 25), 10, Fraction(3999, 250)]
    found = images(task_of(recording, tmp_path / "made", times))
    assert [image.size for image in found] == [(320, 180)] * len(times)
    for image, time in zip(found, times, strict=True):
        assert abs(shown(image) - time * RATE) <= 1


def test_they_come_in_the_order_asked_for_whatever_that_is(recording: Path, tmp_path: Path) -> None:
    times = [Fraction(12), Fraction(3), Fraction(3), Fraction(7)]
    result = made(task_of(recording, tmp_path / "made", times))
    assert [one.time for one in result.stills] == times
    assert all(abs(one.shown - one.time) < Fraction(1, RATE) for one in result.stills)


def test_a_time_beyond_the_end_is_answered_by_the_last_pictures(
    recording: Path, tmp_path: Path
) -> None:
    (still,) = images(task_of(recording, tmp_path / "made", [SECONDS + 60]))
    assert SECONDS * RATE - 50 <= shown(still) < SECONDS * RATE


def test_where_key_frames_are_far_apart_it_is_near_and_quick(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("encoders.stills.BUDGET", 640 * 360 * 10)
    (still,) = images(task_of(recording, tmp_path / "made", [Fraction(27, 25)]))
    assert shown(still) in (10, 50), "ten pictures on, or the next key frame"


def test_more_than_a_page_can_show_are_refused(recording: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="12 at most"):
        made(task_of(recording, tmp_path / "made", range(13)))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_recording_stands_upright(tmp_path: Path, rotation: int) -> None:
    path = lecture(tmp_path / "phone.mp4", seconds=2, size=(320, 180), rotation=rotation)
    (still,) = images(task_of(path, tmp_path / "made", [1]))
    assert still.size == ((320, 180) if rotation == 180 else (320, 569))
    back = still.rotate(rotation, expand=True)
    assert abs(shown(back) - RATE) <= 1


def test_oblong_samples_are_stretched(tmp_path: Path) -> None:
    """Samples that are 16:9 themselves: 352 of them are as wide as 626 square ones."""
    options = {"aspect": "16/9"}
    path = lecture(tmp_path / "tv.mp4", seconds=1, size=(352, 288), options=options)
    (still,) = images(task_of(path, tmp_path / "made", [0]))
    assert still.size == (320, 147)


def test_what_does_not_decode_is_left_out(tmp_path: Path) -> None:
    """The second half of a copy is lost, of which the inspection knew."""
    path = lecture(tmp_path / "camera.ts", seconds=8, size=(192, 108))
    task = task_of(path, tmp_path / "made", [1, 7])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    assert [one.time for one in made(task).stills] == [1]


# --- sound ----------------------------------------------------------------------------------------


def sounding(*parts: tuple[float, float]) -> Callable[[int], NDArray[np.float32]]:
    """Two channels, the second dead; (share, level) one after the other."""

    def samples(count: int) -> NDArray[np.float32]:
        level = np.concatenate([np.full(round(count * share), one) for share, one in parts])
        level = np.pad(level, (0, max(0, count - len(level))))[:count]
        wave = level * np.sin(2 * np.pi * 440 * np.arange(count) / 48000)
        return np.stack([wave, np.zeros(count)]).astype(np.float32)

    return samples


def levels_of(path: Path, tmp_path: Path) -> NDArray[np.float32]:
    facts = facts_of(path)
    task = task_of(path, tmp_path / "made", [], audio=facts.audio[0])
    levels = strip.levels_of(str(path), facts.audio[0], task, lambda _: None)
    assert levels is not None
    return levels


@pytest.fixture(scope="module")
def half_silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strip") / "lecture.mp4"
    sound = sounding((0.5, 0.5), (0.25, 0.0), (0.25, 0.05))
    return lecture(path, seconds=40, size=(64, 36), rate=5, sound=sound, channels=2)


@pytest.mark.parametrize("whole", [600, 4], ids=["whole", "in part"])
def test_loud_silent_quiet_and_dead_are_told_apart(
    half_silent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr(strip, "WHOLE", whole)
    monkeypatch.setattr(strip, "COLUMNS", 60)
    left, right = levels_of(half_silent, tmp_path)
    assert np.nanmin(left[2:28]) > 0.4
    assert np.nanmax(left[32:43]) < 0.01
    assert 0.03 < np.nanmedian(left[48:58]) < 0.08
    assert np.nanmax(right) < 0.01


def test_the_picture_marks_what_was_found(half_silent: Path, tmp_path: Path) -> None:
    marks = (Span(Fraction(20), Fraction(30)), Span(Fraction(35), Fraction(35)))
    facts = facts_of(half_silent)
    task = task_of(half_silent, tmp_path / "made", [], audio=facts.audio[0], marks=marks)
    drawn = made(task).strip
    assert drawn is not None
    assert drawn.type == "image/svg+xml"
    text = (tmp_path / "made" / drawn.name).read_text(encoding="utf-8")
    places = re.findall(r'<rect x="([\d.]+)" y="0" width="([\d.]+)"', text)
    assert [float(left) for left, _ in places] == pytest.approx([600, 1050], abs=3)
    assert [float(width) for _, width in places] == pytest.approx([300, 4], abs=3)
    assert "0:20" in text
    assert "<script" not in text
    assert len(re.findall("<path", text)) == 2


def test_stills_and_strip_of_an_unreadable_file_are_an_error(
    recording: Path, tmp_path: Path
) -> None:
    task = task_of(recording, tmp_path / "made", [1])
    page = tmp_path / "page.mp4"
    page.write_bytes(b"<html>not found</html>" * 50)
    with pytest.raises(Unreadable):
        made(replace(task, source=str(page)))

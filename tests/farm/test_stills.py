"""Pictures of what an inspection found, in the store, made once, in a sandboxed child."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoders.facts import Facts, Finding, Severity
from encoders.findings import finding
from encoders.tasks import MOST_STILLS
from farm.inspection import findings_shown, inspect, stills
from farm.model import Metadata, Recording
from farm.recording import identify
from farm.stills import NOTHING_SHOWN, around, show, strip_name, time_of, wish_of
from farm.store.folder import FolderStore
from tests.facts import facts as plain_facts
from tests.facts import key_frames, video
from tests.farm.recording_store import RecordingStore
from tests.media import lecture


def dead(count: int) -> NDArray[np.float32]:
    """Two channels, the second of which nobody plugged in."""
    wave = 0.2 * np.sin(np.arange(count) / 20)
    return np.stack([wave, np.zeros(count)]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Inspected:
    store: RecordingStore
    recording: Recording
    facts: Facts
    work: Path


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    folder = tmp_path_factory.mktemp("inspected")
    path = lecture(folder / "lecture.mp4", seconds=8, size=(320, 180), sound=dead, channels=2)
    recording = identify(path, Metadata(title="番茄", base="test"))
    store = RecordingStore(FolderStore(folder / "library"))
    facts = inspect(store, recording, folder / "work", lambda _: None)
    return Inspected(store, recording, facts, folder / "work")


def test_they_lie_under_the_recordings_hash(inspected: Inspected) -> None:
    times = [Fraction(1), Fraction(7, 2)]
    made = stills(inspected.store, inspected.recording, times, inspected.work)
    place = f"cache/stills/{inspected.recording.sha256}/"
    assert made == {times[0]: f"{place}1000.jpg", times[1]: f"{place}3500.jpg"}
    for name in made.values():
        assert inspected.store.get(name).data.startswith(b"\xff\xd8\xff")


def test_what_is_there_is_not_made_again(inspected: Inspected) -> None:
    times = [Fraction(2), Fraction(3)]
    first = stills(inspected.store, inspected.recording, times[:1], inspected.work)
    before = len(inspected.store.written)
    both = stills(inspected.store, inspected.recording, times, inspected.work)
    assert inspected.store.written[before:] == [both[times[1]]]
    assert first.items() <= both.items()
    assert stills(inspected.store, inspected.recording, times, inspected.work) == both
    assert len(inspected.store.written) == before + 1


def test_a_recording_nobody_inspected_has_none(inspected: Inspected, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "another")
    assert stills(store, inspected.recording, [Fraction(1)], inspected.work) == {}


def test_a_finding_of_the_sound_gets_the_sound_drawn(inspected: Inspected) -> None:
    assert [one.code for one in inspected.facts.findings] == ["dead-channel"]
    shown = findings_shown(inspected.store, inspected.recording, inspected.facts, inspected.work)
    assert shown.strip == strip_name(inspected.recording.sha256)
    assert inspected.store.get(shown.strip).data.startswith(b"<svg")


def test_a_refused_recording_is_not_opened_again(inspected: Inspected) -> None:
    refused = plain_facts(video(8), findings=(finding("undecodable"),))
    shown = findings_shown(inspected.store, inspected.recording, refused, inspected.work)
    assert shown == NOTHING_SHOWN


def test_sound_alone_has_no_stills(inspected: Inspected, tmp_path: Path) -> None:
    facts = plain_facts(None, inspected.facts.audio, findings=(placed("audio-gap", 2, 5),))
    wish = wish_of(facts.findings)
    store = FolderStore(tmp_path / "another")
    shown = show(store, inspected.recording, facts, wish, inspected.work)
    assert shown.stills == {}
    assert shown.strip is not None


# --- what is wished for ---------------------------------------------------------------------------


def placed(code: str, start: int | None, stop: int | None = None) -> Finding:
    def moment(seconds: int | None) -> Fraction | None:
        return None if seconds is None else Fraction(seconds)

    return Finding(code, Severity.WARNING, "", "", "", "", moment(start), moment(stop))


@pytest.mark.parametrize(
    ("start", "stop", "time"),
    [(None, None, None), (10, None, 10), (10, 11, Fraction(21, 2)), (750, 1090, 752)],
)
def test_a_span_is_looked_at_within(
    start: int | None, stop: int | None, time: Fraction | None
) -> None:
    assert time_of(placed("black-picture", start, stop)) == time


def test_twelve_places_at_most_each_once() -> None:
    many = [placed("decode-errors", n // 2) for n in range(60)]
    wish = wish_of(many)
    assert wish.times == tuple(range(MOST_STILLS))
    assert not wish.strip


def test_what_is_heard_is_marked() -> None:
    wish = wish_of(
        [placed("silent-audio", 60, 90), placed("video-gap", 5, 6), placed("quiet", None)]
    )
    assert wish.strip
    assert [(one.start, one.stop) for one in wish.marks] == [(60, 90)]


def test_of_thousands_of_key_frames_those_around_go_along() -> None:
    keys = key_frames(list(range(0, 3600, 2)))
    kept = around(keys, [Fraction(601), Fraction(3599)])
    assert [key.time for key in kept] == [0, 600, 602, 3598]

"""The players are only worth asking if they play what is sound and report what is not."""

from pathlib import Path

import pytest

from tests.browser.player import ENGINES, Chromium, Engine
from tests.tools.sample_hls import frames, make_hls
from tests.tools.web import serve


@pytest.fixture(scope="module")
def presentation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hls")
    make_hls(folder)
    return folder


@pytest.mark.parametrize("engine", ENGINES)
def test_plays_every_picture_to_the_end(
    chromium: Chromium, presentation: Path, engine: Engine
) -> None:
    with serve(presentation) as origin:
        played = chromium.play(f"{origin}/master.m3u8", engine, visit=True, level=0)
    assert played.faults == ()
    assert played.ended
    assert played.duration == pytest.approx(12, abs=0.1)
    assert played.frames >= frames()
    assert played.audio_bytes > 50_000
    if engine != "native":
        assert sorted(played.visited) == [90, 180]
        assert set(played.heights) >= {90, 180}


@pytest.mark.parametrize("engine", ENGINES)
def test_plays_sound_alone(chromium: Chromium, presentation: Path, engine: Engine) -> None:
    with serve(presentation) as origin:
        played = chromium.play(f"{origin}/media/audio.m3u8", engine)
    assert played.faults == ()
    assert played.ended
    assert played.frames == 0
    assert played.audio_bytes > 50_000


@pytest.mark.parametrize("engine", ["hls.js", "shaka"])
def test_shows_subtitles(chromium: Chromium, presentation: Path, engine: Engine) -> None:
    with serve(presentation) as origin:
        played = chromium.play(f"{origin}/master.m3u8", engine, text=True, rate=2)
    assert played.faults == ()
    assert played.cues == ("第一课", "Lesson one")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_segment_is_reported(
    chromium: Chromium, presentation: Path, engine: Engine, tmp_path: Path
) -> None:
    make_hls(tmp_path, seconds=4)
    for name in ("90p-001.m4s", "180p-001.m4s"):
        (tmp_path / "media" / name).unlink()
    with serve(tmp_path) as origin, pytest.raises(AssertionError, match=r"not within|fatal|404"):
        chromium.play(f"{origin}/master.m3u8", engine, patience=6)

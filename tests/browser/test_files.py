"""Files as they are handed on, on a USB stick or by a podcast, opened in a real browser."""

from fractions import Fraction
from pathlib import Path

import pytest

from encoders.tagged import TagTask, make_tagged
from tests.browser.player import Chromium
from tests.encoders.downloads import SECONDS, lesson_in
from tests.encoders.sound import record, sound, source_of, speech
from tests.encoders.tagging import CHAPTERS, TAGS, cover_in
from tests.tools.web import serve


def test_a_download_plays_every_picture_to_the_end(chromium: Chromium, tmp_path: Path) -> None:
    """Two languages, two tracks of captions, chapters and a cover do not get in its way."""
    (tmp_path / "inputs").mkdir()
    _, path = lesson_in(tmp_path / "inputs").make(tmp_path / "out")
    with serve(path.parent) as origin:
        played = chromium.play(f"{origin}/{path.name}", "native")
    assert played.faults == ()
    assert played.ended
    assert played.duration == pytest.approx(SECONDS, abs=0.05)
    assert played.frames >= 25 * SECONDS
    assert played.audio_bytes > 0


@pytest.mark.parametrize(("kind", "codec"), [("mp3", "mp3"), ("m4a", "aac"), ("opus", "opus")])
def test_tagged_sound_plays_to_the_end(
    chromium: Chromium, tmp_path: Path, kind: str, codec: str
) -> None:
    source = source_of(record(tmp_path / "a.mkv", [(Fraction(0), speech(5, level=0.05))]))
    made, _ = sound(source, tmp_path, codec)
    cover = cover_in(tmp_path)
    task = TagTask("lesson", kind, made, CHAPTERS, cover, TAGS, str(tmp_path), str(tmp_path))
    product = make_tagged(task, lambda _: None)
    with serve(tmp_path) as origin:
        played = chromium.play(f"{origin}/{product.files[0].file.name}", "native")
    assert played.faults == ()
    assert played.ended
    assert played.duration == pytest.approx(5, abs=0.1)
    assert played.audio_bytes > 5_000

"""A lesson is put together from what was made of it, streamed or not."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from farm.errors import EncodeFailed
from farm.housekeeping import verify
from farm.lesson import MASTER, Streaming, assemble
from farm.metadata import about_of
from farm.model import Category, Metadata, Recording
from farm.recording import identify
from farm.store.folder import FolderStore
from manifests.model import CaptionFile, Chapter, Presentation
from manifests.release import read_release, release_json
from tests.farm.whole_files import FACTS, lesson_of, product_of, publish_whole
from tests.manifests.lessons import lesson, stored

RECORDING = Recording(
    Path("/a.mp4"),
    9,
    "ab" * 32,
    "2024-05-20",
    Metadata("番茄", "changsha", Category.AGRICULTURE, "蔬菜", number=2, speaker="王"),
)
FOLDER = f"lessons/{RECORDING.lesson}/"
ABOUT = about_of(RECORDING, FACTS)
PICTURE = stored("chapter.jpg", 9, "image/jpeg")
CHAPTERS = (Chapter(Fraction(0), "开头", PICTURE), Chapter(Fraction(30), "正文"))
WORDS = CaptionFile("zh", "中文", stored("captions.vtt", 9, "text/vtt"))


def streaming(made: Presentation) -> Streaming:
    return Streaming(made, "hls", "Adaptive streaming", "网络点播")


def test_a_streamed_lesson_is_its_own_first_product() -> None:
    p = lesson()
    made = assemble(
        RECORDING,
        FACTS,
        (),
        ABOUT,
        streaming=streaming(p),
        products=[product_of(RECORDING, "audio"), product_of(RECORDING, "dvd")],
        chapters=CHAPTERS,
        captions=[WORDS],
        notes={"hls": {"audio": {}}, "download": {"audio": {}}},
    )
    release = made.draft
    hls, audio, _ = release.products
    assert (hls.profile, hls.kind, hls.main.path) == ("hls", "hls", MASTER)
    assert hls.size > sum(size.bytes for size in release.entry.sizes[-1:])
    assert made.texts[-1].path == MASTER
    assert release.entry.master == FOLDER + MASTER
    assert release.entry.enclosure
    assert release.entry.enclosure.path == FOLDER + audio.main.path
    assert [offer.profile for offer in release.entry.offers] == ["audio", "dvd"]
    assert (release.entry.chapters, release.entry.number, release.entry.speaker) == (2, 2, "王")
    assert release.notes == {
        "hls": {"audio": {}, "warnings": list(made.warnings)},
        "download": {"audio": {}},
    }
    assert {PICTURE, WORDS.object} <= set(release.objects)
    paths = [one.path for one in release.objects]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("name", ["details", "dublin-core", "chapters"])
def test_records_and_tracks_are_objects_of_the_lesson(name: str) -> None:
    made = lesson_of(RECORDING, chapters=CHAPTERS)
    (text,) = [one for one in made.texts if one.path.startswith(f"media/{name}-")]
    assert text.path in {one.path for one in made.draft.objects}
    if name == "chapters":
        assert text.text.startswith("WEBVTT")
        assert "00:00:30.000 --> 00:01:30.000\n正文" in text.text
    if name == "details":
        assert made.draft.entry.details == FOLDER + text.path
        record = json.loads(text.text)["record"]
        assert record in {one.path for one in made.texts}


def test_a_lesson_that_is_not_streamed_has_no_playlist() -> None:
    made = lesson_of(RECORDING, ("audio", "dvd"))
    entry = made.draft.entry
    assert (entry.master, entry.sizes, entry.poster) == (None, (), None)
    assert entry.duration == 90
    assert entry.languages == ("zh",)
    assert not any(text.path.endswith(".m3u8") for text in made.texts)


def test_a_lesson_that_is_not_streamed_is_published_and_verifies(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "library")
    path = tmp_path / "a.mp3"
    path.write_bytes(b"sound")
    recording = identify(path, RECORDING.metadata)
    publish_whole(store, recording, chapters=CHAPTERS[1:])
    assert verify(store, recording.lesson, deep=True) == ()
    assert store.head(f"lessons/{recording.lesson}/{MASTER}") is None
    page = store.get(f"lessons/{recording.lesson}/index.html").data.decode()
    assert "audio/mpeg" in page
    assert "as=file" in page


def test_the_same_values_are_the_same_bytes_and_read_back() -> None:
    first, second = (lesson_of(RECORDING, chapters=CHAPTERS) for _ in range(2))
    assert first == second
    draft = replace(first.draft, number=1, entry=replace(first.draft.entry, release=1))
    assert read_release(release_json(draft)).about == ABOUT


def test_nothing_made_is_no_lesson() -> None:
    with pytest.raises(EncodeFailed, match="--profile"):
        lesson_of(RECORDING, ())

"""Tagged files of sound, read back by other programs than the one that wrote them."""

import base64
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import mutagen
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest

from encoders.product import Chapter, Product, Tags
from encoders.tagged import TagTask, make_tagged
from encoders.tagged.chapters import file_chapters
from encoders.tasks import Artifact, SoundResult
from encoders.verify import Faulty
from tests.encoders.sound import clicks, loud_times, record, sound, sound_of, source_of
from tests.encoders.tagging import CHAPTERS, TAGS, cover_in, picture_size
from tests.tools.programs import ffmpeg, run

KINDS = ("mp3", "m4a", "opus")
CODECS = {"mp3": "mp3", "m4a": "aac", "opus": "opus"}
TIMES = [0.5, 7.5]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, SoundResult]]:
    folder = tmp_path_factory.mktemp("sounds")
    source = source_of(record(folder / "a.mkv", [(Fraction(0), clicks(8, TIMES))]))
    cover_in(folder)
    return folder, {kind: sound(source, folder, codec)[0] for kind, codec in CODECS.items()}


def task_for(sounds: tuple[Path, dict[str, SoundResult]], kind: str, folder: Path) -> TagTask:
    inputs, made = sounds
    cover = Artifact("cover.jpeg", 0, "", "image/jpeg")
    return TagTask(
        f"lesson-{kind}", kind, made[kind], CHAPTERS, cover, TAGS, str(inputs), str(folder)
    )


@pytest.fixture(scope="module")
def made(
    sounds: tuple[Path, dict[str, SoundResult]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Product, Path]]:
    found = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        product = make_tagged(task_for(sounds, kind, folder), lambda _: None)
        found[kind] = product, folder / product.files[0].file.name
    return found


def test_id3_as_mutagen_reads_it(made: dict[str, tuple[Product, Path]]) -> None:
    tags = mutagen.id3.ID3(made["mp3"][1], translate=False)
    assert tags.version == (2, 3, 0)
    texts = {name: str(tags[name]) for name in ("TIT2", "TPE1", "TALB", "TRCK", "TYER", "TCON")}
    assert texts == {
        "TIT2": TAGS.title,
        "TPE1": TAGS.artist,
        "TALB": TAGS.album,
        "TRCK": "3",
        "TYER": "2026",
        "TCON": TAGS.genre,
    }
    assert str(tags["TDAT"]) == "0903"
    assert [str(one) for one in tags.getall("COMM")] == [TAGS.comment]
    assert tags.getall("WCOP")[0].url == TAGS.licence
    assert tags["APIC:"].type == 3
    assert picture_size(tags["APIC:"].data) == (320, 180)
    contents = tags["CTOC:toc"]
    chapters = [tags[f"CHAP:{name}"] for name in contents.child_element_ids]
    assert [(one.start_time, one.end_time) for one in chapters] == [
        (0, 2500),
        (2500, 6250),
        (6250, 8000),
    ]
    assert [str(one.sub_frames["TIT2"]) for one in chapters] == [one.title for one in CHAPTERS]


def test_m4a_as_mutagen_reads_it(made: dict[str, tuple[Product, Path]]) -> None:
    file = mutagen.mp4.MP4(made["m4a"][1])
    known = {name: file.tags[f"\xa9{name}"] for name in ("nam", "ART", "alb", "gen", "cmt", "day")}
    assert known == {
        "nam": [TAGS.title],
        "ART": [TAGS.artist],
        "alb": [TAGS.album],
        "gen": [TAGS.genre],
        "cmt": [TAGS.comment],
        "day": [TAGS.date],
    }
    assert file.tags["trkn"] == [(3, 0)]
    assert file.tags["cprt"] == [TAGS.licence]
    assert picture_size(file.tags["covr"][0]) == (320, 180)
    assert [(one.start, one.title) for one in file.chapters] == [
        (float(one.start), one.title) for one in CHAPTERS
    ]
    data = made["m4a"][1].read_bytes()
    assert data[8:12] == b"M4A "
    assert data.index(b"moov") < data.index(b"mdat")


def test_opus_as_mutagen_reads_it(made: dict[str, tuple[Product, Path]]) -> None:
    file = mutagen.File(made["opus"][1])
    assert file.info.length == pytest.approx(8)
    texts = {
        name: file.tags[name][0]
        for name in ("title", "artist", "album", "tracknumber", "genre", "date", "license")
    }
    assert texts == {
        "title": TAGS.title,
        "artist": TAGS.artist,
        "album": TAGS.album,
        "tracknumber": "3",
        "genre": TAGS.genre,
        "date": TAGS.date,
        "license": TAGS.licence,
    }
    assert TAGS.comment in (file.tags.get("comment") or file.tags.get("description"))
    picture = mutagen.flac.Picture(base64.b64decode(file.tags["metadata_block_picture"][0]))
    assert (picture.type, picture.mime, picture.width, picture.height) == (
        3,
        "image/jpeg",
        320,
        180,
    )
    assert file.tags["chapter001"] == ["00:00:02.500"]
    assert [file.tags[f"chapter{n:03d}name"][0] for n in range(3)] == [
        one.title for one in CHAPTERS
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_ffmpeg_program_shows_chapters_and_cover(
    made: dict[str, tuple[Product, Path]], tmp_path: Path, kind: str
) -> None:
    path = made[kind][1]
    meta, cover = tmp_path / "meta.txt", tmp_path / "cover.jpg"
    command = [ffmpeg(), "-nostdin", "-v", "error", "-y", "-i", path]
    shown = ["-map_metadata", "0:s:0"] if kind == "opus" else []  # where Ogg has its comments
    run([*command, *shown, "-f", "ffmetadata", meta]).ok()
    text = meta.read_text()
    starts = [
        float(int(start) * Fraction(base))
        for base, start in re.findall(r"TIMEBASE=(\S+)\nSTART=(\d+)", text)
    ]
    # It counts from the first sample of an MP3 or Opus file, before the encoder's delay.
    assert starts == pytest.approx([float(one.start) for one in CHAPTERS], abs=0.03)
    for chapter in CHAPTERS:
        assert f"title={chapter.title}" in text
    assert f"title={TAGS.title}" in text
    run([*command, "-map", "0:v", "-c", "copy", "-f", "image2", cover]).ok()
    assert picture_size(cover.read_bytes()) == (320, 180)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sound_is_untouched(
    made: dict[str, tuple[Product, Path]],
    sounds: tuple[Path, dict[str, SoundResult]],
    kind: str,
) -> None:
    product, path = made[kind]
    bare = sounds[1][kind]
    before, _ = sound_of(sounds[0] / bare.file.name)
    after, rate = sound_of(path)
    assert np.array_equal(before, after)
    assert after.shape[1] == bare.samples
    expected = [time + 0.0015 for time in TIMES]
    assert loud_times(path, expected) == pytest.approx(expected, abs=0.002)
    assert product.duration == Fraction(bare.samples, rate)
    assert product.measured["true_peak_dbtp"] <= -1
    assert product.codecs == ({"mp3": "MP3", "m4a": "AAC", "opus": "Opus"}[kind],)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_input_gives_the_same_bytes(
    made: dict[str, tuple[Product, Path]],
    sounds: tuple[Path, dict[str, SoundResult]],
    tmp_path: Path,
    kind: str,
) -> None:
    again = make_tagged(task_for(sounds, kind, tmp_path), lambda _: None)
    assert again == made[kind][0]
    assert not re.search(rb"Lav[fc]\d", made[kind][1].read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_known_is_nothing_said(
    sounds: tuple[Path, dict[str, SoundResult]], tmp_path: Path, kind: str
) -> None:
    task = task_for(sounds, kind, tmp_path)
    bare = replace(task, chapters=(), cover=None, tags=Tags("Title", "", "", None, "", "", "", ""))
    path = tmp_path / make_tagged(bare, lambda _: None).files[0].file.name
    names = set(mutagen.File(path).tags.keys())
    assert names - {"TIT2", "\xa9nam", "TLEN", "title", "encoder"} == set()


def test_a_png_cover(sounds: tuple[Path, dict[str, SoundResult]], tmp_path: Path) -> None:
    cover = cover_in(sounds[0], "PNG")
    for kind in KINDS:
        make_tagged(replace(task_for(sounds, kind, tmp_path), cover=cover), lambda _: None)


def test_what_is_no_cover_or_kind_is_said(
    sounds: tuple[Path, dict[str, SoundResult]], tmp_path: Path
) -> None:
    (sounds[0] / "cover.txt").write_text("a cover")
    task = task_for(sounds, "mp3", tmp_path)
    text = replace(task, cover=Artifact("cover.txt", 7, "", "text/plain"))
    with pytest.raises(ValueError, match="neither JPEG nor PNG"):
        make_tagged(text, lambda _: None)
    with pytest.raises(ValueError, match="'wav' is no kind of tagged file; known: mp3, m4a, opus"):
        make_tagged(replace(task, kind="wav"), lambda _: None)
    with pytest.raises(ValueError, match="m4a holds aac, not mp3"):
        make_tagged(replace(task, kind="m4a"), lambda _: None)


def test_a_result_that_lacks_something_is_not_published(
    sounds: tuple[Path, dict[str, SoundResult]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("encoders.tagged.remux.set_chapters", lambda *_: None)
    with pytest.raises(Faulty, match="0 chapters, expected 3"):
        make_tagged(task_for(sounds, "m4a", tmp_path), lambda _: None)
    assert not list(tmp_path.glob("*.m4a"))


def test_chapters_move_with_the_sound() -> None:
    """Two seconds were trimmed, or an ident of two comes first."""
    trimmed = file_chapters(CHAPTERS, Fraction(2), Fraction(5))
    assert [(one.start, one.stop, one.title) for one in trimmed] == [
        (0, 500, "开始"),
        (500, 4250, "选种 Seeds"),
        (4250, 5000, "育苗"),
    ]
    ident = file_chapters(CHAPTERS, Fraction(-2), Fraction(10))
    assert [(one.start, one.stop) for one in ident] == [(0, 4500), (4500, 8250), (8250, 10_000)]


def test_where_the_file_begins_is_told(
    sounds: tuple[Path, dict[str, SoundResult]], tmp_path: Path
) -> None:
    task = task_for(sounds, "mp3", tmp_path)
    begun = replace(task, sound=replace(task.sound, start=Fraction(9, 4)))
    assert make_tagged(begun, lambda _: None).measured["start_s"] == 2.25


def test_chapters_of_what_was_trimmed_away_are_left_out() -> None:
    kept = file_chapters(CHAPTERS, Fraction(3), Fraction(3))
    assert [(one.start, one.stop, one.title) for one in kept] == [(0, 3000, "选种 Seeds")]
    assert file_chapters((), Fraction(0), Fraction(3)) == ()


def test_many_chapters(sounds: tuple[Path, dict[str, SoundResult]], tmp_path: Path) -> None:
    """More than ID3's table of contents and Nero's list hold: all of them are still there."""
    chapters = tuple(Chapter(Fraction(n, 50), f"第{n}页", None) for n in range(400))
    for kind in KINDS:
        task = replace(task_for(sounds, kind, tmp_path), chapters=chapters)
        make_tagged(task, lambda _: None)

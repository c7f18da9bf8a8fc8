"""One MP4 of a lesson: every sample of every segment, and all that a player shows beside."""

import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import mutagen.mp4
import numpy as np
import pytest

from encoders.captions.whole import document
from encoders.download import DownloadText, make_download
from encoders.product import Product
from encoders.tasks import Artifact, Caption
from encoders.verify import Faulty
from tests.encoders.downloads import CHAPTERS, SECONDS, Lesson, lesson_in
from tests.encoders.sound import loud_times, sound_of
from tests.encoders.tagging import TAGS, picture_size
from tests.media import frames_of, numbers
from tests.tools.programs import ffmpeg, run


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    return lesson_in(tmp_path_factory.mktemp("lesson"))


@pytest.fixture(scope="module")
def made(lesson: Lesson, tmp_path_factory: pytest.TempPathFactory) -> tuple[Product, Path]:
    return lesson.make(tmp_path_factory.mktemp("made"))


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + size]
        at += size


def test_every_picture_is_there_in_its_place(made: tuple[Product, Path]) -> None:
    product, path = made
    frames = list(frames_of(path))
    assert numbers(frames) == list(range(25 * SECONDS))
    assert [frame.pts * frame.time_base for frame in frames] == [
        Fraction(number, 25) for number in range(25 * SECONDS)
    ]
    assert product.measured["pictures"] == 25 * SECONDS
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.has_b_frames
        assert stream.duration * stream.time_base == SECONDS
        assert container.start_time == 0


def test_sound_is_in_time_with_the_picture(made: tuple[Product, Path], lesson: Lesson) -> None:
    _, path = made
    expected = [0.5015, 5.5015]
    assert loud_times(path, expected) == pytest.approx(expected, abs=0.002)
    samples, _ = sound_of(path)
    segments = lesson.sounds[0].encoded.segments
    assert samples.shape[1] == sum(segment.duration for segment in segments)
    with av.open(str(path)) as container:
        for stream in container.streams.audio:
            assert next(container.decode(stream)).pts == 0
            container.seek(0)


def test_the_index_is_in_front(made: tuple[Product, Path]) -> None:
    kinds = [kind for kind, _ in boxes(made[1].read_bytes())]
    assert kinds.index(b"moov") < kinds.index(b"mdat")


def test_tracks_have_languages_and_names(made: tuple[Product, Path]) -> None:
    with av.open(str(made[1])) as container:
        audio, texts = container.streams.audio, container.streams.subtitles
        assert [one.metadata["language"] for one in audio] == ["zho", "eng"]
        assert [one.metadata["handler_name"] for one in audio] == ["普通话", "English"]
        assert [bool(one.disposition & 1) for one in audio] == [True, False]
        assert [one.metadata["language"] for one in texts] == ["zho", "eng"]
        assert [one.metadata["handler_name"] for one in texts] == ["中文", "English"]
        assert [bool(one.disposition & 1) for one in texts] == [True, False]


def test_the_ffmpeg_program_reads_captions_chapters_and_cover(
    made: tuple[Product, Path], tmp_path: Path
) -> None:
    command = [ffmpeg(), "-nostdin", "-v", "error", "-y", "-i", made[1]]
    meta, srt, cover = tmp_path / "meta.txt", tmp_path / "zh.srt", tmp_path / "cover.jpg"
    run([*command, "-map", "0:s:0", srt]).ok()
    text = srt.read_text()
    assert re.findall(r"(\S+) --> (\S+)", text) == [
        ("00:00:00,500", "00:00:02,500"),
        ("00:00:03,000", "00:00:04,000"),
    ]
    assert "春耕备耕\nSpring ploughing" in text
    assert "<i>选种</i> & 育苗" in re.sub(r"</?font[^>]*>", "", text)
    run([*command, "-f", "ffmetadata", meta]).ok()
    shown = meta.read_text()
    starts = [
        int(start) * Fraction(base)
        for base, start in re.findall(r"TIMEBASE=(\S+)\nSTART=(\d+)", shown)
    ]
    assert starts == [chapter.start for chapter in CHAPTERS]
    assert f"title={TAGS.title}\n" in shown
    run([*command, "-map", "0:v:1", "-c", "copy", "-f", "image2", cover]).ok()
    assert picture_size(cover.read_bytes()) == (320, 180)


def test_the_ffmpeg_program_decodes_it_all(made: tuple[Product, Path], tmp_path: Path) -> None:
    command = [ffmpeg(), "-nostdin", "-v", "error", "-xerror", "-i", made[1]]
    lines = tmp_path / "frames.txt"
    done = run([*command, "-map", "0:v:0", "-f", "framecrc", lines]).ok()
    assert done.err == ""
    rows = [line for line in lines.read_text().splitlines() if not line.startswith("#")]
    assert len(rows) == 25 * SECONDS


def test_mutagen_reads_the_tags(made: tuple[Product, Path]) -> None:
    file = mutagen.mp4.MP4(made[1])
    assert file.tags["\xa9nam"] == [TAGS.title]
    assert file.tags["\xa9alb"] == [TAGS.album]
    assert picture_size(file.tags["covr"][0]) == (320, 180)
    assert [(one.start, one.title) for one in file.chapters] == [
        (float(one.start), one.title) for one in CHAPTERS
    ]


def test_the_same_lesson_gives_the_same_bytes(
    made: tuple[Product, Path], lesson: Lesson, tmp_path: Path
) -> None:
    assert lesson.make(tmp_path)[0] == made[0]
    assert not re.search(rb"Lav[fc]\d", made[1].read_bytes())


def test_an_audio_programme(lesson: Lesson, tmp_path: Path) -> None:
    product, path = lesson.make(tmp_path, video=(), sounds=lesson.sounds[:1], texts=())
    assert path.suffix == ".m4a"
    assert product.codecs == ("AAC",)
    data = path.read_bytes()
    assert data[8:12] == b"M4A "
    samples, _ = sound_of(path)
    assert np.abs(samples).max() > 0.05
    assert len(mutagen.mp4.MP4(path).chapters) == 2


def test_a_silent_film_without_anything_else(lesson: Lesson, tmp_path: Path) -> None:
    product, path = lesson.make(tmp_path, sounds=(), texts=(), chapters=(), cover=None)
    assert product.codecs == ("H.264",)
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_progress_never_goes_back(lesson: Lesson, tmp_path: Path) -> None:
    told: list[float] = []
    make_download(lesson.task(tmp_path), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_nothing_is_refused(lesson: Lesson, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a picture or a sound"):
        lesson.make(tmp_path, video=(), sounds=())


def test_a_wrong_language_is_refused(lesson: Lesson, tmp_path: Path) -> None:
    sound = replace(lesson.sounds[0], language="zh-Hans")
    with pytest.raises(ValueError, match="'zh-Hans' is no ISO 639-2 code"):
        lesson.make(tmp_path, sounds=(sound,))


def test_chunks_of_different_renditions_are_refused(lesson: Lesson, tmp_path: Path) -> None:
    other = replace(lesson.video[1], init=lesson.sounds[0].encoded.init)
    with pytest.raises(ValueError, match="chunks of one rendition share it"):
        lesson.make(tmp_path, video=(lesson.video[0], other))


def test_a_lost_sample_is_noticed(lesson: Lesson, tmp_path: Path) -> None:
    """A segment was cut short after it was encoded."""
    first = lesson.video[0]
    segment = first.segments[-1]
    short = tmp_path / "short.m4s"
    short.write_bytes((lesson.folder / segment.file.name).read_bytes()[:-40])
    (lesson.folder / "short.m4s").write_bytes(short.read_bytes())
    damaged = replace(segment, file=replace(segment.file, name="short.m4s"))
    video = (replace(first, segments=(*first.segments[:-1], damaged)), *lesson.video[1:])
    with pytest.raises(Faulty):
        lesson.make(tmp_path / "out", video=video)
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_a_missing_segment_is_noticed(lesson: Lesson, tmp_path: Path) -> None:
    first, second = lesson.video
    video = (replace(first, segments=first.segments[:-1]), second)
    with pytest.raises(ValueError, match="starts at tick"):
        lesson.make(tmp_path, video=video)


def test_captions_without_a_pause_between_them(lesson: Lesson, tmp_path: Path) -> None:
    """One after the other, at a picture's time and between two."""
    times = [Fraction(0), Fraction(1), Fraction(1501, 1000), Fraction(6)]
    captions = [Caption(start, stop, f"第{n}句") for n, (start, stop) in enumerate(pairwise(times))]
    (lesson.folder / "dense.vtt").write_text(document(captions))
    text = DownloadText("chi", "", Artifact("dense.vtt", 0, "", "text/vtt"))
    _, path = lesson.make(tmp_path, texts=(text,))
    srt = tmp_path / "dense.srt"
    run([ffmpeg(), "-nostdin", "-v", "error", "-i", path, "-map", "0:s:0", srt]).ok()
    assert re.findall(r"(\S+) --> (\S+)\n(\S+)", srt.read_text()) == [
        ("00:00:00,000", "00:00:01,000", "第0句"),
        ("00:00:01,000", "00:00:01,501", "第1句"),
        ("00:00:01,501", "00:00:06,000", "第2句"),
    ]

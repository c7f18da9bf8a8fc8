"""A file beside a recording says what it is; what is wrong in it is said all at once."""

import json
from pathlib import Path

import pytest

from farm.categories import read_bases
from farm.model import Category
from farm.request import Asked, request_of
from farm.sidecar import (
    HEADERS,
    LARGEST,
    OTHERS,
    BadSidecar,
    CaptionSource,
    captions_beside,
    sidecar_of,
)
from tests.farm.sidecar_schema import schema

BASES = read_bases('[changsha]\nname = "长沙"\n'.encode(), "bases.toml")
FULL = """
title = "滴灌"
基地 = "长沙"
category = "农科片"
course = "设施蔬菜"
number = "第 3 讲"
speaker = "王老师"
audience = "种植户"
keywords = ["滴灌", "番茄"]
awards = "一等奖；二等奖，全国"
license = "CC-BY-4.0"
description = "讲怎样用水。"
language = "普通话"
recorded = 2006-05-01
profiles = ["hls", "dvd"]
captions = ["a.srt", { file = "b.vtt", language = "en" }]
intro = "clips/in.mp4"
outro = "clips/out.mp4"
""".replace("基地", '"基地"')


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    (tmp_path / "clips").mkdir()
    for name in ("lesson.mp4", "a.srt", "b.vtt", "clips/in.mp4", "clips/out.mp4"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path / "lesson.mp4"


def beside(recording: Path, name: str, text: str | bytes) -> Path:
    path = recording.with_name(name)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(recording: Path) -> list[str]:
    with pytest.raises(BadSidecar) as caught:
        sidecar_of(recording, BASES)
    return str(caught.value).splitlines()


def test_everything_can_be_said(recording: Path) -> None:
    beside(recording, "lesson.toml", FULL)
    found = sidecar_of(recording, BASES)
    assert found
    assert found.said == {
        "title": "滴灌",
        "base": "changsha",
        "base_name": "长沙",
        "category": Category.AGRICULTURE,
        "course": "设施蔬菜",
        "number": 3,
        "speaker": "王老师",
        "audience": "种植户",
        "keywords": ("滴灌", "番茄"),
        "awards": ("一等奖", "二等奖，全国"),
        "licence": "CC-BY-4.0",
        "description": "讲怎样用水。",
        "language": "cmn",
        "recorded": "2006-05-01",
    }
    folder = recording.parent
    assert found.profiles == ("hls", "dvd")
    assert found.captions == (
        CaptionSource(folder / "a.srt", "und"),
        CaptionSource(folder / "b.vtt", "en"),
    )
    assert (found.intro, found.outro) == (folder / "clips/in.mp4", folder / "clips/out.mp4")


def test_without_a_file_nothing_is_said(recording: Path) -> None:
    assert sidecar_of(recording) is None


def test_a_file_of_its_own_is_heard_before_one_for_the_folder(recording: Path) -> None:
    beside(recording, "lecture.toml", 'title = "no"\ncourse = "课程"\nspeaker = "李"\n')
    beside(recording, "lecture.json", '{"speaker": "no", "licence": "CC0-1.0"}')
    beside(recording, "lesson.json", '{"title": "no", "number": 2}')
    beside(recording, "lesson.toml", 'title = "滴灌"\n')
    found = sidecar_of(recording)
    assert found
    assert found.said == {
        "title": "滴灌",
        "number": 2,
        "course": "课程",
        "speaker": "李",
        "licence": "CC0-1.0",
    }


def test_options_win_over_the_table_and_the_table_over_the_sidecar(recording: Path) -> None:
    beside(recording, "lesson.toml", FULL)
    asked = Asked({"title": "option", "base": "yueyang"}, profiles=("audio",))
    row = Asked({"title": "row", "speaker": "row"}, profiles=("dvd",), captions=())
    request = request_of(recording, "shown", asked, also=row, bases=BASES)
    said = request.metadata
    assert (said.title, said.speaker, said.course) == ("option", "row", "设施蔬菜")
    assert (said.base, said.base_name) == ("yueyang", None)
    assert request.profiles == ("audio",)
    assert request.captions == ()
    assert request.intro == recording.parent / "clips/in.mp4"


def test_every_fault_of_every_file_is_named_with_file_and_field(recording: Path) -> None:
    beside(
        recording,
        "lesson.toml",
        'titel = "x"\nnumber = "three"\ncategory = "喜剧"\nkeywords = 3\nlanguage = "x y"\n'
        'profiles = ["../dvd"]\ncaptions = ["none.srt"]\nintro = "../lesson.mp4"\nbase = "长 沙"\n'
        'recorded = "2006-13-01"\n',
    )
    beside(recording, "lecture.json", "{")
    said = faults(recording)
    for name in ("'titel'", "number", "category", "keywords", "language", "profiles", "captions"):
        assert any(line.startswith(f"lesson.toml, {name}") for line in said), name
    for name in ("intro", "base", "recorded"):
        assert any(line.startswith(f"lesson.toml, {name}") for line in said), name
    assert any(line.startswith("lecture.json") for line in said)
    assert len(said) == 11


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("lesson.toml", b"a = " + b"[" * 100_000),
        ("lesson.json", b"[" * 100_000),
        ("lesson.json", b'{"title": "' + b"x" * LARGEST + b'"}'),
        ("lesson.json", b"[]"),
        ("lesson.json", b"null"),
        ("lesson.toml", "title = '滴灌'".encode("gb18030")),
        ("lesson.toml", b"\0"),
        ("lesson.json", b'{"title": null}'),
        ("lesson.json", b'{"title": NaN}'),
        ("lesson.json", b'{"captions": [{"file": 1}]}'),
        ("lesson.json", b'{"captions": [{"file": "a\\u0000b.srt"}]}'),
        ("lesson.json", b'{"captions": {"file": "a.srt"}}'),
        ("lesson.json", b'{"captions": ["lesson.mp4"]}'),
        ("lesson.json", b'{"captions": [{"file": "a.srt", "language": "xx yy"}]}'),
        ("lesson.json", b'{"intro": "/etc/passwd"}'),
        ("lesson.json", b'{"number": true}'),
        ("lesson.json", b'{"number": 1e400}'),
        ("lesson.json", b'{"profiles": []}'),
    ],
)
def test_hostile_files_are_refused_in_one_sentence(recording: Path, name: str, data: bytes) -> None:
    beside(recording, name, data)
    (said,) = faults(recording)
    assert said.startswith(name)
    assert len(said) < 600


def test_a_link_out_of_the_folder_is_not_followed(recording: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.srt"
    outside.write_text("secret")
    recording.with_name("link.srt").symlink_to(outside)
    beside(recording, "lesson.json", '{"captions": ["link.srt"]}')
    assert "captions" in faults(recording)[0]


@pytest.mark.parametrize("title", ["../x", "a\0b", "a\r\nb", "<script>", "\u202egnp", "-i"])
def test_titles_become_one_printable_line(recording: Path, title: str) -> None:
    beside(recording, "lesson.json", json.dumps({"title": title}))
    found = sidecar_of(recording)
    assert found
    assert found.said["title"].isprintable()


def test_captions_beside_a_recording_are_found_by_name(tmp_path: Path) -> None:
    recording = tmp_path / "第1讲.v2.mp4"
    names = {
        "第1讲.v2.srt": "und",
        "第1讲.v2.en.VTT": "en",
        "第1讲.v2.zh-hans.ass": "zh-Hans",
        "第1讲.v2.chs.srt": "zh-Hans",
        "第1讲.v2.繁体.srt": "zh-Hant",
        "第1讲.v2.eng.srt": "en",
    }
    others = ("第1讲.v2.mp4", "第1讲.srt", "第1讲.v2.final.srt", "第1讲.v2.txt", "第1讲.v20.srt")
    for name in (*names, *others):
        (tmp_path / name).write_bytes(b"x")
    found = {one.path.name: one.language for one in captions_beside(recording)}
    assert found == names
    assert captions_beside(tmp_path / "nowhere" / "a.mp4") == ()


# --- the schema that editors check with ----------------------------------------------------------


def test_the_schema_knows_every_field() -> None:
    assert set(schema().schema["properties"]) >= {*HEADERS, *OTHERS}


@pytest.mark.parametrize(
    "value",
    [
        {"title": "滴灌", "number": 3, "captions": ["a.srt", {"file": "b.vtt", "language": "en"}]},
        {"keywords": "滴灌，番茄", "profiles": ["hls"], "category": "农科片"},
        {},
    ],
)
def test_what_is_read_validates(recording: Path, value: dict[str, object]) -> None:
    schema().validate(value)
    beside(recording, "lesson.json", json.dumps(value))
    assert sidecar_of(recording)


@pytest.mark.parametrize(
    "value", [{"titel": "x"}, {"keywords": 3}, {"number": -1}, [], {"intro": 1}]
)
def test_what_is_refused_does_not_validate(recording: Path, value: object) -> None:
    assert not schema().is_valid(value)
    beside(recording, "lesson.json", json.dumps(value))
    assert faults(recording)

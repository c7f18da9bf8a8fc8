"""What was said of a lesson is kept until something else is said."""

from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from farm.categories import Bases
from farm.cli.metadata import metadata_options
from farm.fields import Said, metadata_of
from farm.housekeeping import lessons_of
from farm.metadata import about_of, remembered, tags_of
from farm.model import Category, Metadata, Recording
from farm.publish import publish, take_fence
from farm.recording import identify
from farm.store.folder import FolderStore
from manifests.model import About
from tests.farm.lessons import LESSON, upload
from tests.farm.whole_files import FACTS, publish_whole

SHA256 = LESSON.rpartition("-")[2] + "0" * 52
NOTHING = Metadata(title=None, base="changsha")


def recording(metadata: Metadata) -> Recording:
    return Recording(Path("/a.mp4"), 1, SHA256, "2026-01-01", metadata)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """With a lesson called `first`, agriculture, of a course, of 2024-05-20."""
    folder = FolderStore(tmp_path)
    lesson = upload(folder, "first")
    entry = replace(lesson.draft.entry, course="设施农业")
    made = replace(lesson, draft=replace(lesson.draft, entry=entry))
    publish(folder, LESSON, made, take_fence(folder, LESSON))
    return folder


def test_what_is_not_said_stays(store: FolderStore) -> None:
    known = remembered(store, recording(NOTHING))
    assert known.metadata == Metadata("first", "changsha", Category.AGRICULTURE, "设施农业")
    assert known.date == "2024-05-20"


def test_what_is_said_counts(store: FolderStore) -> None:
    said = Metadata("second", "changsha", Category.COMPUTER, "计算机")
    assert remembered(store, recording(said)).metadata == said


def test_a_lesson_can_be_taken_out_of_its_course(store: FolderStore) -> None:
    assert not remembered(store, recording(replace(NOTHING, course=""))).metadata.course


FULL = Metadata(
    title="温室番茄",
    base="changsha",
    category=Category.COMPUTER,
    course="设施农业",
    number=3,
    speaker="王老师",
    audience="种植户",
    keywords=("滴灌",),
    awards=("一等奖",),
    licence="CC-BY-4.0",
    description="讲用水。",
    language="zh",
    recorded="2006",
    base_name="长沙",
)


@pytest.fixture
def full(tmp_path: Path) -> FolderStore:
    """With a lesson of which everything is said."""
    folder = FolderStore(tmp_path)
    path = tmp_path / "a.mp3"
    path.write_bytes(b"sound")
    publish_whole(folder, replace(identify(path, FULL), date="2024-05-20"))
    return folder


def again(full: FolderStore, metadata: Metadata) -> Metadata:
    (lesson,) = lessons_of(full)
    sha256 = lesson.rpartition("-")[2] + "0" * 52
    return remembered(full, Recording(Path("/a.mp3"), 1, sha256, "2026-01-01", metadata)).metadata


def test_all_that_was_said_stays(full: FolderStore) -> None:
    assert again(full, NOTHING) == FULL


def test_all_of_it_can_be_taken_back(full: FolderStore) -> None:
    emptied = Metadata(
        title=None,
        base="changsha",
        course="",
        number=0,
        speaker="",
        audience="",
        keywords=(),
        awards=(),
        licence="",
        description="",
        language="",
        recorded="",
    )
    kept = again(full, emptied)
    assert kept == replace(emptied, title="温室番茄", category=Category.COMPUTER, base_name="长沙")
    bare = About("温室番茄", "长沙", "computer")
    assert about_of(Recording(Path("/a"), 1, "0" * 64, "2026-01-01", kept), FACTS) == bare


def test_a_file_carries_what_players_show() -> None:
    about = about_of(Recording(Path("/a"), 1, "0" * 64, "2026-01-01", FULL), FACTS)
    tags = tags_of(about, "2026-01-01")
    assert (tags.title, tags.artist, tags.album, tags.track) == (
        "温室番茄",
        "王老师",
        "设施农业",
        3,
    )
    assert (tags.date, tags.genre, tags.licence) == ("2006", "计算机课件", "CC-BY-4.0")
    assert tags_of(replace(about, speaker=None, recorded=None), "2026-01-01").artist == "长沙"


# --- by options ----------------------------------------------------------------------------------


@click.command()
@metadata_options
def command(said: Said, bases: Bases) -> None:
    click.echo(repr((metadata_of(said), len(bases))))


def test_options_say_everything(tmp_path: Path) -> None:
    bases = tmp_path / "bases.toml"
    bases.write_text('[changsha]\nname = "长沙"\n')
    options = (
        *(
            "--title",
            "温室番茄",
            "--base",
            "长沙",
            "--category",
            "计算机课件",
            "--course",
            "设施农业",
        ),
        *("--number", "3", "--speaker", "王老师", "--audience", "种植户", "--keyword", "滴灌"),
        *("--award", "一等奖", "--licence", "CC-BY-4.0", "--description", "讲用水。"),
        *("--language", "zh", "--recorded", "2006", "--bases", str(bases)),
    )
    result = CliRunner().invoke(command, options)
    assert result.output == f"{(FULL, 1)!r}\n"


def test_what_no_option_says_is_not_said() -> None:
    result = CliRunner().invoke(command, [])
    assert result.output == f"{(Metadata(title=None, base='local'), 0)!r}\n"
    emptied = CliRunner().invoke(command, ["--course", "", "--number", "0", "--base", "a=甲"])
    wanted = Metadata(title=None, base="a", base_name="甲", course="", number=0)
    assert emptied.output == f"{(wanted, 0)!r}\n"


def test_every_option_that_cannot_be_understood_is_named() -> None:
    result = CliRunner().invoke(
        command, ["--base", "../x", "--category", "音乐", "--number", "x", "--recorded", "昨天"]
    )
    assert result.exit_code == 2
    for option in ("--base", "--category", "--number", "--recorded"):
        assert f"{option}: " in result.output


def test_of_a_new_lesson_nothing_is_known(tmp_path: Path) -> None:
    new = recording(NOTHING)
    assert remembered(FolderStore(tmp_path / "empty"), new) == new

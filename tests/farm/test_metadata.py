"""What was said of a lesson is kept until something else is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from farm.metadata import remembered
from farm.model import Category, Metadata, Recording
from farm.publish import publish, take_fence
from farm.store.folder import FolderStore
from tests.farm.lessons import LESSON, upload

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


def test_of_a_new_lesson_nothing_is_known(tmp_path: Path) -> None:
    new = recording(NOTHING)
    assert remembered(FolderStore(tmp_path / "empty"), new) == new

"""From recordings to a course's discs in the store: `farm run`, then `farm disc`, as people do."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from encoders.datadisc.reading import read_views
from manifests.course import course_id
from tests.farm_run import FARM, SMALL_PROFILE, farm_run, hashes
from tests.media import lecture, tone
from tests.tools.dvdnav import playing

COURSE = "水稻栽培"


def farm(*words: str | Path) -> str:
    done = subprocess.run(
        [str(FARM), *map(str, words)], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_discs(library: Path, out: Path) -> str:
    return farm("disc", COURSE, "--store", library, "--out", out)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lessons with all that DVDs and data discs are made of."""
    folder = tmp_path_factory.mktemp("course")
    for number in (1, 2):
        recording = lecture(
            folder / f"{number}.mp4", seconds=2 + number, size=(176, 144), sound=tone()
        )
        ran = farm_run(
            recording,
            folder / "library",
            *("--profile-dir", str(SMALL_PROFILE), "--profile", "take", "--profile", "disc"),
            *("--course", COURSE, "--number", str(number), "--title", f"第{number}课"),
            work=folder / "work",
        )
        assert ran.published["changed"]
    make_discs(folder / "library", folder / "out")
    return folder / "library"


def release(library: Path) -> dict[str, Any]:
    folder = library / "courses" / course_id(COURSE)
    pointer = json.loads((folder / "course.json").read_bytes())
    found: dict[str, Any] = json.loads((folder / pointer["path"]).read_bytes())
    return found


def image(library: Path, kind: str) -> Path:
    (disc,) = next(one["discs"] for one in release(library)["sets"] if one["kind"] == kind)
    return library / "courses" / course_id(COURSE) / str(disc["files"][0]["path"])


def test_both_kinds_are_published_with_both_lessons_on_them(library: Path) -> None:
    sets = release(library)["sets"]
    assert [one["kind"] for one in sets] == ["dvd", "datadisc"]
    for one in sets:
        assert len({lesson["lesson"] for lesson in one["discs"][0]["lessons"]}) == 2
    assert {file["role"] for file in sets[0]["discs"][0]["files"]} == {
        *("main", "sha256", "label", "contents")
    }


def test_what_the_store_has_plays(library: Path) -> None:
    with playing(image(library, "dvd")) as player:
        assert player.titles() == 2
    (view, *_) = read_views(image(library, "datadisc")).values()
    assert len([name for name in view if name.endswith(".mp4")]) == 2


def test_everything_published_is_whole(library: Path) -> None:
    said = farm("verify", "--store", library, "--deep")
    assert f"{COURSE}: whole" in said
    assert said.count(": whole") == 3


def test_the_same_again_writes_nothing(library: Path, tmp_path: Path) -> None:
    def everything() -> dict[Path, int]:
        return {one: one.stat().st_mtime_ns for one in library.rglob("*") if one.is_file()}

    before, lessons = everything(), hashes(library)
    said = make_discs(library, tmp_path / "out")
    assert said.count("published already") == 2
    assert everything() == before
    assert hashes(library) == lessons

"""Slips of those who type commands, and machines that fail: one sentence, and the right status."""

import os
import subprocess
from pathlib import Path

import pytest

from encoders.facts import Facts
from farm import inspection
from farm.errors import EncodeFailed
from farm.model import Metadata
from farm.recording import identify
from tests.farm_run import FARM
from tests.media import lecture
from workers.errors import Retryable


def farm(*arguments: str | bytes, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run([FARM, *arguments], cwd=cwd, capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("command", ["verify", "catalog", "collect"])
def test_a_store_without_lessons_is_a_slip(tmp_path: Path, command: str) -> None:
    status, _, errors = farm(command, "--store", "nowhere", cwd=tmp_path)
    assert status == 5
    assert "check --store" in errors
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("url", ["s3:/bucket", "file:library", "", "c:\\library", "ftp://x/y"])
def test_an_address_that_is_none_makes_no_folder(tmp_path: Path, url: str) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    status, _, errors = farm("run", "a.mp4", "--store", url, cwd=tmp_path)
    assert (status, len(errors.strip().splitlines())) == (5, 1)
    assert os.listdir(tmp_path) == ["a.mp4"]  # noqa: PTH208


def test_a_base_that_cannot_be_an_address_is_a_usage_error(tmp_path: Path) -> None:
    status, _, errors = farm("run", "a.mp4", "--base", "Wuhan", cwd=tmp_path)
    assert status == 2
    assert "--base" in errors


def test_a_name_in_an_old_encoding_is_explained_and_the_others_are_done(tmp_path: Path) -> None:
    name = "番茄.mp4".encode("gbk")
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    (tmp_path / "text.mp4").write_text("no recording")
    status, out, errors = farm("run", name, "text.mp4", "--json", cwd=tmp_path)
    assert status == 3
    first, second = errors.splitlines()
    assert "UTF-8" in first
    assert "text" in second
    assert out.count('"event": "failed"') == 2


def test_a_folder_to_work_in_may_be_named_from_here(tmp_path: Path) -> None:
    lecture(tmp_path / "a.mp4", seconds=2, size=(64, 48))
    assert farm("run", "a.mp4", "--work", "w", cwd=tmp_path)[0] == 0


def test_a_folder_to_work_in_that_cannot_be_made(tmp_path: Path) -> None:
    lecture(tmp_path / "a.mp4", seconds=2, size=(64, 48))
    status, out, errors = farm("run", "a.mp4", "--work", "/proc/none", "--json", cwd=tmp_path)
    assert (status, len(errors.strip().splitlines())) == (4, 1)
    assert '"event": "failed"' in out.splitlines()[-1]


def test_an_inspection_that_is_killed_is_tried_three_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def killed(*_: object) -> Facts:
        tried.append("again")
        raise Retryable("inspection was killed by SIGKILL")

    monkeypatch.setattr(inspection, "run_task", killed)
    path = tmp_path / "a.mp4"
    path.write_bytes(b"x")
    recording = identify(path, Metadata(title="a", base="test"))
    with pytest.raises(EncodeFailed, match=r"failed 3 times: .*SIGKILL"):
        inspection.examine(recording, tmp_path / "work", lambda _: None)
    assert len(tried) == 3

"""Temporary folders are private, and do not stay."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers.conftest import REPOSITORY
from workers.errors import Retryable, WorkerError
from workers.workspace import sweep, workspace


def test_it_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    root = tmp_path / "work"
    with workspace(root, "chunk 1/../x") as folder:
        assert folder.parent == root
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
    assert list(root.iterdir()) == []


def test_it_is_gone_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), workspace(tmp_path, "key"):
        raise ValueError("inside")
    assert list(tmp_path.iterdir()) == []


def test_two_of_one_key_do_not_meet(tmp_path: Path) -> None:
    with workspace(tmp_path, "key") as first, workspace(tmp_path, "key") as second:
        assert first != second
        assert first.is_dir()


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from workers.workspace import workspace\n"
        "with workspace(Path(sys.argv[1]), 'dead') as folder:\n"
        "    (folder / 'chunk').write_text('x'); print(folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        assert sweep(tmp_path) == 0
        assert (left / "chunk").exists()
        os.kill(process.pid, signal.SIGKILL)
    with workspace(tmp_path, "next") as folder:
        assert not left.exists()
        assert sweep(tmp_path) == 0
        assert folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_folders_it_did_not_make_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    sweep(tmp_path)
    assert (tmp_path / "library").is_dir()


def test_too_little_room_is_said_before_work_begins(tmp_path: Path) -> None:
    with pytest.raises(Retryable, match="MB free"), workspace(tmp_path, "key", needed=1 << 60):
        raise AssertionError("there is no such disk")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    """He could put files of his own in place of ours."""
    root = tmp_path / "theirs"
    root.mkdir()
    os.chown(root, 4321, 4321)
    with pytest.raises(WorkerError, match="somebody else"), workspace(root, "key"):
        pass
    assert not list(root.iterdir())

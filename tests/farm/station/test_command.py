"""`farm station sync` as people and programs meet it."""

import base64
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from farm.cli.station import Size, station
from farm.station.state import locked
from farm.store.folder import FolderStore
from tests.farm.station.libraries import Library, titles

KIND = "application/json"


@pytest.fixture(scope="module")
def current(three: Library, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Released by this machine's clock. Not to be changed."""
    library = tmp_path_factory.mktemp("current") / "library"
    shutil.copytree(three.store.url, library)
    made = Library(FolderStore(library), three.key, dict(three.lessons))
    made.release(datetime.now(UTC))
    return made


def farm(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "from farm.cli import main; main()", "station", "sync", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_programs_get_an_event_a_line(current: Library, folder: Path, tmp_path: Path) -> None:
    key = tmp_path / "office.pub"
    key.write_text(base64.b64encode(current.key.public).decode() + "\n")
    url = current.store.url
    done = farm(url, str(folder), "--key", str(key), "--json", "--category", "agriculture")
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["event"] == "accepted"
    assert [one["event"] for one in events].count("brought") == 2
    assert (events[-1]["event"], events[-1]["lessons"]) == ("synced", 2)
    again = farm(url, str(folder), "--category", "agriculture")
    assert (again.returncode, again.stdout) == (0, "")
    assert "Nothing is new" in again.stderr
    assert len(titles(folder)) == 2


def test_each_end_has_its_status(current: Library, folder: Path, tmp_path: Path) -> None:
    url, place = current.store.url, str(folder)
    ends = [farm(url, place), farm(str(tmp_path / "nowhere"), place, "--trust-first")]
    shutil.copytree(url, tmp_path / "spoilt")
    spoilt = FolderStore(tmp_path / "spoilt")
    expired = Library(spoilt, current.key, dict(current.lessons))
    expired.renew(datetime.now(UTC) - timedelta(days=40))
    ends.append(farm(spoilt.url, place, "--trust-first"))
    with locked(folder):
        ends.append(farm(url, place, "--trust-first"))
    assert [one.returncode for one in ends] == [2, 5, 6, 1]
    for one in ends:
        *_, sentence = one.stderr.splitlines()
        assert sentence.startswith("Error: ")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence)
        assert "Traceback" not in one.stderr


@pytest.mark.parametrize(
    ("text", "size"), [("500M", 500_000_000), ("40G", 40 * 10**9), ("1.5kb", 1500), ("7", 7)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


def test_every_option_has_help() -> None:
    (command,) = station.commands.values()
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert options
    assert [one.name for one in options if not one.help] == []

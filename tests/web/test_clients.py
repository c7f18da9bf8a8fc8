"""`farm submit`, `farm status`, `farm jobs`, `farm nodes` as their users run them, against a real
server: what arrives, what is told, and how they end."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from farm.ledger import jobs, nodes, switches, uploads
from farm.ledger.model import Job
from farm.ledger.states import JobState, NodeState, Priority
from tests.farm.service.serving import until
from tests.farm_run import FARM
from tests.web import scenes
from tests.web.house import House, Server, house, serving
from tests.web.test_upload_cuts import Killable

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Client:
    """A user of a service, with a key of it."""

    url: str
    key: str
    folder: Path

    def start(self, *words: str) -> "subprocess.Popen[str]":
        environment = {
            **os.environ,
            "FARM_SERVER": self.url,
            "FARM_KEY": self.key,
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return subprocess.Popen(
            [str(FARM), *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error without bars' line ends."""
        process = self.start(*words)
        out, errors = process.communicate(timeout=90)
        return process.returncode, out, errors

    def good(self, *words: str) -> str:
        status, out, errors = self.run(*words)
        assert status == 0, errors
        return out

    def value(self, *words: str) -> Any:
        return json.loads(self.good(*words, "--json"))


@contextmanager
def following(client: Client, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that waits; ended with the test."""
    process = client.start(*words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def base(server: Server, tmp_path: Path) -> Client:
    return Client(server.url, server.house.keys["changsha"], tmp_path)


@pytest.fixture
def operator(server: Server, tmp_path: Path) -> Client:
    return Client(server.url, server.house.keys["operator"], tmp_path)


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[tuple[House, Killable]]:
    with house(tmp_path) as home:
        process = Killable(tmp_path)
        process.start()
        try:
            yield home, process
        finally:
            process.kill()


def recording(folder: Path, name: str = "滴灌.mp4", size: int = 300_000) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(os.urandom(1000) * (size // 1000))
    return path


def arrived(home: House, base: str = "changsha") -> dict[str, Job]:
    """Jobs by the names of their files; the latest of a name."""
    with home.ledger.read() as tx:
        return {one.name: one for one in reversed(jobs.of_base(tx, base))}


def received(home: House) -> int:
    """Bytes on the disk of the upload that is under way."""
    return max((one.stat().st_size for one in home.settings.uploads.iterdir()), default=0)


def move(home: House, job: str, *states: JobState, **fields: Any) -> None:
    """As the service would, the fields with the last of them."""
    for state, after in pairwise(states):
        with home.ledger.begin() as tx:
            said = fields if after is states[-1] else {}
            assert jobs.move(tx, job, state, after, **said)


# --- what arrives --------------------------------------------------------------------------------


def test_an_upload_survives_a_server_that_is_killed(
    killable: tuple[House, Killable], tmp_path: Path
) -> None:
    home, process = killable
    client = Client(f"http://127.0.0.1:{process.port}", home.keys["changsha"], tmp_path)
    file = recording(tmp_path / "own", size=250 * MB)
    with following(client, "submit", str(file), "--no-wait") as sending:
        until(lambda: received(home), lambda size: size > 20 * MB, 30)
        process.kill()
        assert received(home) < file.stat().st_size
        time.sleep(1)
        assert sending.poll() is None
        process.start()
        assert sending.wait(60) == 0
    assert Path(arrived(home)["滴灌.mp4"].path).read_bytes() == file.read_bytes()
    assert len(_uploads(home)) == 1


def test_the_same_command_goes_on_where_it_was_ended(
    killable: tuple[House, Killable], tmp_path: Path
) -> None:
    home, process = killable
    client = Client(f"http://127.0.0.1:{process.port}", home.keys["changsha"], tmp_path)
    small, large = recording(tmp_path / "own" / "b", "1.mp4"), tmp_path / "own" / "b" / "2.mp4"
    recording(large.parent, large.name, 250 * MB)
    words = ("submit", str(large.parent), "--no-wait", "--json")
    with following(client, *words) as sending:
        until(lambda: received(home), lambda size: size > 20 * MB, 30)
        sending.kill()
        sending.wait()
    assert received(home) < large.stat().st_size
    told = [json.loads(line) for line in client.good(*words).splitlines()]
    assert [Path(one["recording"]).name for one in told] == ["1.mp4", "2.mp4"]
    made = arrived(home)
    assert {one["job"] for one in told} == {one.id for one in made.values()}
    assert {one.folder for one in _uploads(home)} == {"b"}
    assert len(_uploads(home)) == 2
    for file in (small, large):
        assert Path(made[file.name].path).read_bytes() == file.read_bytes()
    # What has arrived is done with: the same command again is another one.
    client.good(*words)
    assert len(_uploads(home)) == 4


def _uploads(home: House) -> tuple[Any, ...]:
    with home.ledger.read() as tx:
        return uploads.of_base(tx, "changsha")


def test_a_folder_goes_with_what_lies_beside_its_recordings(
    server: Server, base: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "设施农业"
    recording(folder, "第一讲.mp4")
    recording(folder / "下", "第二讲.mp4")
    (folder / "第一讲.zh.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\n你好\n")
    (folder / "下" / "第二讲.toml").write_text('speaker = "王老师"\n')
    (folder / ".隐藏.mp4").write_bytes(b"x")
    base.good("submit", str(folder), "--no-wait", "--profile", "hls", "--priority", "stock")
    made = arrived(server.house)
    assert ".隐藏.mp4" not in made
    first, second = made["第一讲.mp4"], made["第二讲.mp4"]
    assert {one.folder for one in _uploads(server.house)} == {"设施农业", "设施农业/下"}
    assert _beside(first) == {"recording.mp4", "recording.zh.srt"}
    assert _beside(second) == {"recording.mp4", "recording.toml"}
    assert (first.priority, first.asked["profiles"]) == (Priority.STOCK, ["hls"])


def _beside(job: Job) -> set[str]:
    return {one.name for one in Path(job.path).parent.iterdir()}


def test_a_file_takes_its_captions_along_once(server: Server, base: Client, tmp_path: Path) -> None:
    file = recording(tmp_path / "own", "养蜂[1].mp4")
    captions = file.with_suffix(".srt")
    captions.write_text("1\n00:00:01,000 --> 00:00:02,000\n蜂\n")
    recording(tmp_path / "own", "养蜂1.mp4")
    said = ("--title", "养蜂技术", "--category", "农科片", "--keyword", "蜂", "--keyword", "蜜")
    words = (*said, "--deadline", "2030-01-02T08:00+08:00", "--go-on", "--no-wait")
    base.good("submit", str(file), str(captions), *words)
    job = arrived(server.house)["养蜂技术"]
    assert _beside(job) == {"recording.mp4", "recording.srt"}
    assert job.deadline == 1893542400.0
    assert job.asked["go_on"] is True
    assert job.asked["metadata"] == {
        "title": "养蜂技术",
        "category": "agriculture",
        "keywords": ["蜂", "蜜"],
    }
    assert "养蜂1.mp4" not in arrived(server.house)


# --- what is told --------------------------------------------------------------------------------


def test_findings_are_told_in_both_languages_and_answered(
    server: Server, base: Client, tmp_path: Path
) -> None:
    file = recording(tmp_path / "own", "番茄.mp4")
    with following(base, "submit", str(file)) as sending:
        job = until(lambda: arrived(server.house).get("番茄.mp4"), bool, 30)
        assert job is not None
        states = (JobState.RECEIVED, JobState.INSPECTING, JobState.ASKING)
        move(server.house, job.id, *states, findings=scenes.WARNINGS)
        _, told = sending.communicate(timeout=30)
        assert sending.returncode == 0
    assert "12:30" in told
    assert "听不到声音" in told
    assert "Check that the microphone was on" in told
    assert f"farm jobs --go-on {job.id}" in told
    base.good("jobs", "--go-on", job.id)
    assert arrived(server.house)["番茄.mp4"].state is JobState.QUEUED
    assert ("go_on", job.id) in server.house.service.heard
    status, _, errors = base.run("jobs", "--go-on", job.id)
    assert status == 2
    assert "does not wait for an answer" in errors


@pytest.mark.parametrize(
    ("state", "status", "fields"),
    [
        (JobState.DONE, 0, {"release": 1}),
        (JobState.REFUSED, 3, {"error": "录像不完整。 It is cut short.", "status": 3}),
        (JobState.FAILED, 4, {"error": "编码失败。 It failed three times.", "status": 4}),
        (JobState.CANCELLED, 130, {}),
    ],
)
def test_it_follows_the_job_to_its_end(
    server: Server, base: Client, tmp_path: Path, state: JobState, status: int, fields: Any
) -> None:
    file = recording(tmp_path / "own", f"{state.value}.mp4")
    with following(base, "submit", str(file), "--json") as sending:
        job = until(lambda: arrived(server.house).get(file.name), bool, 30)
        assert job is not None
        states = (JobState.RECEIVED, JobState.INSPECTING, JobState.QUEUED, JobState.RUNNING)
        move(server.house, job.id, *states, work=100.0, done=40.0, stage="encode")
        time.sleep(1)
        move(server.house, job.id, JobState.RUNNING, state, ended=time.time(), **fields)
        out, errors = sending.communicate(timeout=30)
        assert sending.returncode == status, errors
    told = [json.loads(line) for line in out.splitlines()]
    assert (told[0]["event"], told[0]["job"]) == ("submitted", job.id)
    assert 0.4 in [one.get("progress") for one in told]
    assert (told[-1]["event"], told[-1]["job"]) == (state.value, job.id)
    assert told[-1]["error"] == fields.get("error")


def test_a_base_sees_how_it_stands(server: Server, base: Client) -> None:
    running = scenes.under_way(server.house, "一个[bold]名字")
    assert running.id in base.good("status", running.id)
    table = base.good("jobs", "--state", "running")
    (line,) = [one for one in table.splitlines() if running.id in one]
    assert "一个[bold]名字" in line
    assert "42 %" in line
    assert "ready" in line
    failed = scenes.job(server.house, JobState.FAILED, "坏了的", error=scenes.BROKEN)
    told = f"{failed.id[:8]} {scenes.BROKEN}"
    assert told in base.good("jobs", "--state", "failed")
    assert told in base.good("status", failed.id)
    assert base.value("status")["hours_wanted"] == 120
    assert "hours delivered" in base.good("status")
    listed = base.value("jobs", "--state", "running", "--limit", "1")
    assert [one["id"] for one in listed] == [running.id]


def test_an_operator_sees_all_and_ends_a_job(server: Server, operator: Client) -> None:
    here = scenes.job(server.house, JobState.QUEUED, "长沙的", queued=time.time())
    there = scenes.job(server.house, JobState.QUEUED, "衡阳的", "hengyang", queued=time.time())
    listed = operator.value("jobs", "--state", "queued")
    assert {here.id, there.id} <= {one["id"] for one in listed}
    only = operator.value("jobs", "--base", "hengyang")
    assert {one["base"] for one in only} == {"hengyang"}
    assert "cancelled" in operator.good("jobs", "--cancel", there.id)
    assert "received" in operator.good("jobs", "--retry", there.id)
    board = operator.good("status")
    assert "changsha" in board
    assert "GB free" in board


def test_an_operator_sends_nodes_to_rest_and_pauses_a_base(
    server: Server, operator: Client
) -> None:
    with server.house.ledger.begin() as tx:
        for id in ("a1" * 28, "a2" * 28):
            nodes.see(tx, id, f"host-{id[:2]}", 2, time.time())
    assert "host-a1" in operator.good("nodes")
    operator.good("nodes", "--drain", "a1")
    operator.good("nodes", "--rest", "a2", "--minutes", "5")
    operator.good("nodes", "--pause", "--base", "hengyang")
    operator.good("nodes", "--pause")
    with server.house.ledger.read() as tx:
        draining, resting = nodes.get(tx, "a1" * 28), nodes.get(tx, "a2" * 28)
        assert switches.get(tx, "paused") is True
    assert draining is not None
    assert draining.state is NodeState.DRAINING
    assert resting is not None
    assert resting.until == pytest.approx(time.time() + 300, abs=30)
    assert "hengyang (paused)" in operator.good("status")
    operator.good("nodes", "--back", "a1", "--resume", "--base", "hengyang")
    operator.good("nodes", "--resume")
    with server.house.ledger.read() as tx:
        back = nodes.get(tx, "a1" * 28)
        assert switches.get(tx, "paused") is False
    assert back is not None
    assert back.state is NodeState.ACTIVE
    for start, told in (("a", "several nodes"), ("ff", "no node")):
        status, _, errors = operator.run("nodes", "--drain", start)
        assert (status, told in errors) == (2, True)


# --- how they end --------------------------------------------------------------------------------


def one_sentence(errors: str) -> str:
    assert "Traceback" not in errors
    return errors.strip().splitlines()[-1]


def test_a_wrong_key_is_told(server: Server, tmp_path: Path) -> None:
    for key in ("base_0_wrong", "密钥"):
        status, _, errors = Client(server.url, key, tmp_path).run("jobs")
        assert (status, "key" in one_sentence(errors)) == (2, True)


def test_another_roles_key_is_told(
    server: Server, base: Client, operator: Client, tmp_path: Path
) -> None:
    file = recording(tmp_path / "own")
    assert base.run("nodes")[0] == 2
    status, _, errors = operator.run("submit", str(file))
    assert (status, "Only a base" in one_sentence(errors)) == (2, True)


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{nobody.getsockname()[1]}", "base_0_x", tmp_path)
        status, _, errors = client.run("submit", str(recording(tmp_path / "own")))
    assert (status, "cannot be reached" in one_sentence(errors)) == (5, True)
    for address in ("farm", "ftp://farm"):
        status, _, errors = Client(address, "base_0_x", tmp_path).run("status")
        assert (status, "no address" in one_sentence(errors)) == (2, True), errors


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with house(tmp_path, spare_disk=1 << 62) as home, serving(home) as running:
        client = Client(running.url, home.keys["changsha"], tmp_path)
        status, _, errors = client.run("submit", str(recording(tmp_path / "own")))
    assert (status, "disk is full" in one_sentence(errors)) == (5, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--deadline", "tomorrow"), "--deadline"),
        (("--category", "opera"), "--category"),
        (("--profile", "vhs"), "vhs"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_sent(
    base: Client, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    status, _, errors = base.run("submit", str(recording(tmp_path / "own")), *words)
    assert (status, told in one_sentence(errors)) == (2, True), errors


def test_a_folder_without_recordings_is_told(base: Client, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("1\n")
    status, _, errors = base.run("submit", str(tmp_path))
    assert (status, "no recording" in one_sentence(errors)) == (2, True)

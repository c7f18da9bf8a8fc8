"""A line that breaks two hundred times, and a server that is killed, cost next to nothing."""

import hashlib
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.ledger import jobs, uploads
from farm.ledger.states import UploadState
from tests.web.house import House, house
from tests.web.tus_client import BROKEN, Line

SIZE = 200_000_000
CUTS = 200
KILLS = 3


class Killable:
    """The web in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.web.serve", str(self._folder), str(self.port)]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self._process.poll() is None, "the server ended by itself"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server does not start")

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(20)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def test_two_hundred_cuts_and_kills_of_the_server(home: House) -> None:
    chance = random.Random(4)
    data = memoryview(chance.randbytes(SIZE))
    server = Killable(home.folder)
    server.start()
    try:
        line = Line(server.port, home.keys["changsha"])
        digest = hashlib.sha256(data).hexdigest()
        line.begin(SIZE, filename="讲座.mp4", sha256=digest)
        stops = sorted(chance.sample(range(1, SIZE), CUTS))
        kills = set(chance.sample(range(CUTS), KILLS))
        for number, stop in enumerate([*stops, SIZE]):
            offset = line.offset()
            if offset < stop:
                line.send(data, offset, stop, abruptly=number % 2 == 0)
            if number in kills:
                server.kill()
                with pytest.raises(BROKEN):
                    line.offset()
                server.start()
        upload = line.place.rpartition("/")[2]
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with home.ledger.read() as tx:
                row = uploads.get(tx, upload)
                job = jobs.get(tx, upload)
            if job is not None:
                break
            time.sleep(0.05)
        assert job is not None
        assert job.sha256 == digest
        assert row is not None
        assert row.state is UploadState.WHOLE
        assert hashlib.sha256(Path(job.path).read_bytes()).hexdigest() == digest
        assert line.sent - SIZE < 0.05 * SIZE, f"{line.sent / SIZE - 1:.1%} were sent twice"
        print(f"sent twice: {line.sent / SIZE - 1:.3%}")
    finally:
        server.kill()

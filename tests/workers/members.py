"""A cluster on this machine, of members as an operator starts them: a process tree each."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from tests.workers.conftest import REPOSITORY, wait_for

HEAD = """
import sys
from pathlib import Path
from workers.join import head
sys.exit(head("127.0.0.1", int(sys.argv[1]), Path(sys.argv[2])))
"""
JOIN = """
import sys
from pathlib import Path
from workers.join import join
sys.exit(join(sys.argv[1], 1, Path(sys.argv[2]), grace=float(sys.argv[3])))
"""


class Member:
    """A head, or a machine of one slot."""

    def __init__(self, *arguments: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", *arguments],
            cwd=REPOSITORY,
            env=environment,
            stderr=subprocess.DEVNULL,
        )

    def family(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        return []

    def raylet(self) -> psutil.Process:
        return next(process for process in self.family() if process.name() == "raylet")

    def crash(self) -> None:
        """Everything at once, as when the power is cut."""
        family = self.family()
        for process in family:
            process.suspend()
        for process in family:
            process.kill()
        self.process.wait()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


class Members:
    """The head, and what joined it; `folder` has a short name."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._folder = folder
        self._members: list[Member] = []
        self.by_node: dict[str, Member] = {}
        """Those whose node is known, by its id."""
        self.address = f"127.0.0.1:{port}"
        self.token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self._start(HEAD, str(port), str(folder / "head"))
        assert wait_for(lambda: _listens(port), 60)

    def add(self, grace: float = 0) -> Member:
        name = f"{len(self._members)}"
        return self._start(JOIN, self.address, str(self._folder / name), str(grace))

    def living(self) -> list[Member]:
        """Without the head."""
        return [member for member in self._members[1:] if member.process.poll() is None]

    def end(self) -> None:
        for member in reversed(self._members):
            if member.process.poll() is None:
                member.end()

    def _start(self, *arguments: str) -> Member:
        member = Member(*arguments, environment={**os.environ, **self.token})
        self._members.append(member)
        return member


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True

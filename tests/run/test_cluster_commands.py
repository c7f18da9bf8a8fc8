"""`farm head` and `farm worker`: a cluster of plain machines, and one of containers."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FARM = str(Path(sys.executable).with_name("farm"))

DRIVER = """
import sys
from tests.workers import calls
from workers.model import Call, Done, Failed
from workers.ray_pool import RayPool
pool = RayPool(address=sys.argv[1])
print("slots", pool.slots, sorted(node.slots for node in pool.nodes()))
pool.submit(Call("answer", calls.double, 21))
ends = []
while not ends:
    ends = [one for one in pool.wait(0.5) if isinstance(one, Done | Failed)]
taker = next(node for node in pool.nodes() if node.id == ends[0].node)
print(type(ends[0]).__name__, "where there are", taker.slots)
pool.close()
"""

CONTAINER = """
"$FARM" worker --head "$HEAD" --slots 0 --folder "$FOLDER/m" & member=$!
until [ -S "$FOLDER/m/ray/session_latest/sockets/raylet" ]; do sleep 0.1; done
timeout 60 "$PYTHON" -c "$DRIVER" "$HEAD"; ended=$?
kill $member; wait $member
echo "driver $ended member $?"
"""
"""With processes of its own, as the service and its member have them in a pod."""


@dataclass(frozen=True, slots=True)
class Cluster:
    address: str
    folder: Path
    """With a short name: Ray makes sockets in it."""
    environment: dict[str, str]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head, and a machine of two slots."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }
    address = f"127.0.0.1:{port}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fc", dir="/tmp")))

        def start(*arguments: str) -> None:
            process = subprocess.Popen(
                [FARM, *arguments], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)

        start("head", "--port", str(port), "--folder", str(folder / "h"))
        wait_until_it_listens(port)
        start("worker", "--head", address, "--slots", "2", "--folder", str(folder / "w"))
        yield Cluster(address, folder, environment)


def wait_until_it_listens(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


def test_a_service_in_a_container_works_through_a_member_that_takes_nothing(
    cluster: Cluster,
) -> None:
    unshare = [shutil.which("unshare") or "", "--pid", "--fork", "--kill-child", "--mount-proc"]
    unshare += [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    wanted = {"FARM": FARM, "HEAD": cluster.address, "FOLDER": str(cluster.folder)}
    wanted |= {"PYTHON": sys.executable, "DRIVER": DRIVER}
    done = subprocess.run(
        [*unshare, "bash", "-c", CONTAINER],
        cwd=ROOT,
        env=cluster.environment | wanted,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "slots 2 [0, 0, 2]",
        "Done where there are 2",
        "driver 0 member 0",
    ], done.stderr


@pytest.mark.parametrize(
    "arguments", [("head",), ("worker", "--head", "127.0.0.1:1")], ids=["head", "worker"]
)
def test_without_a_token_nothing_is_started(arguments: tuple[str, ...]) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    done = subprocess.run(
        [FARM, *arguments], cwd=ROOT, env=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert re.fullmatch(r"Error: .*RAY_AUTH_MODE=token.*\n", done.stderr)

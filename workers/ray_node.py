"""A Ray of one's own on this machine, that listens on loopback alone and asks for a token.

Ray itself comes in as an argument: one file imports it, see `ray_session`.
"""

import os
import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from workers.errors import WorkerError
from workers.tree import Tree
from workers.watchdog import MARK_NAME, watched
from workers.workspace import workspace

STORE = 80 << 20
"""Bytes of Ray's object store: results are paths and numbers."""


def private_folder(stack: ExitStack) -> Path:
    """Where that Ray may write; removed when the last process is gone: one that just starts would
    make it again."""
    return stack.enter_context(workspace(_private_root(), "ray"))


def lend_environment(stack: ExitStack) -> None:
    """Among it a token for this Ray alone, in the environment of its processes: `ray.init` would
    write one to a file the whole machine can read. Its agents, told by nobody that it ended, would
    go on for a minute: a watchdog ends them."""
    wanted = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        MARK_NAME: stack.enter_context(watched()),
        # Ray's processes rename themselves; without this they would write over their environment:
        # https://github.com/dvarrazzo/py-setproctitle#environment-variables
        "SPT_NOENV": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    stack.callback(_restore, before)


def _restore(environment: dict[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def start_node(ray: Any, slots: int, folder: Path, stack: ExitStack) -> Any:
    """A head node without what a farm has no use for: autoscaler, log monitor, dashboard, metrics.

    That saves 1.3 s of CPU at the start and 1.3 s at the end. `ray.init` cannot leave them out, nor
    listen on loopback alone, so the node is started as `ray.init` and `ray start` start it.
    """
    constants = ray._private.ray_constants
    # Ray would put this machine's address in place of loopback
    constants.ENABLE_RAY_CLUSTER = False
    stack.callback(setattr, constants, "ENABLE_RAY_CLUSTER", True)
    local = type(
        "LocalNode", (ray._private.node.Node,), {"start_api_server": lambda _self, **_: None}
    )
    node = local(
        ray._private.parameter.RayParams(
            node_ip_address="127.0.0.1",
            num_cpus=slots,
            num_gpus=0,
            object_store_memory=STORE,
            include_dashboard=False,
            include_log_monitor=False,
            no_monitor=True,
            temp_dir=str(folder),
            _system_config={"enable_metrics_collection": False, "enable_open_telemetry": False},
        ),
        head=True,
        shutdown_at_exit=False,
        spawn_reaper=True,
        ray_init_cluster=True,
    )
    stack.callback(_end_node, node)
    return node


def _end_node(node: Any) -> None:
    """With the agents and workers, which Ray leaves to notice by themselves."""
    for process in [entry for entries in node.all_processes.values() for entry in entries]:
        Tree(process.process.pid).kill(within=1, spare_root=False)
    node.kill_all_processes(check_alive=False, wait=True)


def _private_root() -> Path:
    """Short, for the sockets in it (a path of one has 107 bytes), and nobody else's."""
    root = Path(tempfile.gettempdir()) / f"farm-{os.getuid()}"
    if len(str(root)) > 30:
        root = Path("/tmp") / root.name  # noqa: S108 - its owner is checked
    root.mkdir(mode=0o700, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.getuid():
        raise WorkerError(f"{root} belongs to somebody else; remove it, or set TMPDIR")
    # Ray opens the folder it is given to everyone, so the one above must be closed
    root.chmod(0o700)
    return root

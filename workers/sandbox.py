"""The command line that runs a program where it can reach only what it was given.

With bubblewrap: namespaces of its own for files, processes, network and users. Without it: the
launcher confines itself with what Linux gives everyone (`workers.confine`), and a warning says so.
"""

import functools
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from workers import confine, launch

_log = logging.getLogger("workers")
_PACKAGES = Path(__file__).resolve().parent.parent
_TEMPORARY = 256 << 20
"""Bytes a child may keep in its private /tmp and /dev/shm."""


class Isolation(StrEnum):
    BUBBLEWRAP = "bubblewrap"
    LAUNCHER = "launcher"


@functools.cache
def best_isolation() -> Isolation:
    """What this machine can do; tried once in a process, by doing it."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        why = "bubblewrap is not installed"
    else:
        trial = [*_namespaces(bwrap), *_bind("--ro-bind", _system_paths()), sys.executable]
        try:
            subprocess.run(
                [*trial, "-I", "-S", "-c", ""], check=True, capture_output=True, timeout=10
            )
        except subprocess.CalledProcessError as error:
            why = f"bubblewrap cannot make namespaces ({error.stderr.decode().strip()})"
        except (OSError, subprocess.TimeoutExpired) as error:
            why = f"bubblewrap does not run ({error})"
        else:
            return Isolation.BUBBLEWRAP
    kernel = "Landlock and " if confine.landlock_version() else ""
    _log.warning(
        "%s: children are confined by %sseccomp and limits only; "
        "install bubblewrap and allow user namespaces for full isolation",
        why,
        kernel,
    )
    return Isolation.LAUNCHER


def command(
    argv: Sequence[str],
    order: launch.Order,
    *,
    isolation: Isolation,
    readable: Sequence[Path],
    writable: Path,
) -> list[str]:
    """`argv` as a sandboxed command line. Paths keep their names inside."""
    inside = launch.command(order, argv, sys.executable, str(_PACKAGES))
    if isolation is Isolation.LAUNCHER:
        return inside
    bwrap = shutil.which("bwrap") or "bwrap"
    return [
        *_namespaces(bwrap),
        *_bind("--ro-bind", [*_system_paths(), *readable]),
        *_bind("--bind", [writable]),
        "--chdir",
        str(writable),
        # only now: the folders that lead to the bound ones were made in the sandbox's own root
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/",
        *inside,
    ]


def confinement(readable: Sequence[Path], writable: Path, temporary: Path) -> confine.Confinement:
    """The same reach, for the launcher."""
    information = ["/proc/cpuinfo", "/proc/meminfo", "/proc/self", "/sys/devices/system/cpu"]
    return confine.Confinement(
        readable=[*(str(path) for path in [*_system_paths(), *readable]), *information],
        writable=[str(writable), str(temporary)],
    )


def environment(extra: Mapping[str, str], temporary: str) -> dict[str, str]:
    """A child's whole environment: nothing is inherited, so no key or token is."""
    return {
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": temporary,
        "TMPDIR": temporary,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **extra,
    }


def importable(package: str) -> tuple[Path, dict[str, str]]:
    """What lets a child run `python -m package`: the folder to make readable, and the environment.

    Only the package's own folder is named, never the checkout around it, which may hold anything.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {package!r} to run")
    folder = Path(spec.submodule_search_locations[0]).resolve()
    return folder, {"PYTHONPATH": str(folder.parent)}


def _namespaces(bwrap: str) -> list[str]:
    size = str(_TEMPORARY)
    return [
        bwrap,
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        # inside, nobody; outside, whoever started it: so the folder it was given is its own
        "--unshare-user",
        "--uid",
        str(confine.NOBODY),
        "--gid",
        str(confine.NOBODY),
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        size,
        "--tmpfs",
        "/dev/shm",  # noqa: S108 - the sandbox's own
        "--size",
        size,
        "--tmpfs",
        "/tmp",  # noqa: S108 - the sandbox's own
    ]


def _bind(option: str, paths: Iterable[Path]) -> list[str]:
    """A path that is a link is bound under its own name to what it leads to."""
    return [part for path in paths for part in (option, str(path.resolve()), str(path))]


@functools.cache
def _system_paths() -> tuple[Path, ...]:
    """The interpreter, the libraries it needs, and this package."""
    roots = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives"]
    python = [
        sys.base_prefix,
        sys.base_exec_prefix,
        str(Path(os.path.realpath(sys.executable)).parent.parent),
        sys.prefix,
        str(_PACKAGES / "workers"),
    ]
    kept: list[Path] = []
    for path in map(Path, [*roots, *python]):
        covered = any(path.is_relative_to(other) for other in kept)
        if path.exists() and not covered:
            kept.append(path)
    return tuple(kept)

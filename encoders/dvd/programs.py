"""The programs that make a disc, run to the end."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

from encoders.verify import Faulty

_LOOK = 5.0
"""Seconds between looks at a program that runs."""
_FAULT = re.compile(r"^(?:ERR|WARN): .*", re.MULTILINE)


def run(
    command: Sequence[str],
    folder: Path,
    standard: str,
    *,
    source: Path | None = None,
    target: Path | None = None,
    harmless: Sequence[str] = (),
    alive: Callable[[], None] = lambda: None,
) -> None:
    """`source` is its standard input, `target` its standard output; `alive` is called now and
    then while what it writes to `folder` grows.

    Raises Faulty with the program's words where it fails or warns of anything but `harmless`.
    """
    with ExitStack() as stack:
        words = stack.enter_context(TemporaryFile(dir=folder))
        process = subprocess.Popen(
            command,
            stdin=stack.enter_context(source.open("rb")) if source else subprocess.DEVNULL,
            stdout=stack.enter_context(target.open("wb")) if target else subprocess.DEVNULL,
            stderr=words,
            cwd=folder,
            env=os.environ | {"VIDEO_FORMAT": standard.upper(), "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        )
        _wait(process, folder, alive)
        words.seek(0)
        said = words.read().decode("utf-8", "replace")
    faults = [line for line in _FAULT.findall(said) if not any(word in line for word in harmless)]
    if process.returncode or faults:
        why = faults[0] if faults else " ".join(said.split())[-500:]
        raise Faulty(f"{command[0]} (exit status {process.returncode}): {why}")


def _wait(process: "subprocess.Popen[bytes]", folder: Path, alive: Callable[[], None]) -> None:
    written = 0
    while True:
        try:
            process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            now = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            if now != written:
                written = now
                alive()
        else:
            return

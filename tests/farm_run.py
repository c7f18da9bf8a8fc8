"""`farm run` as its users run it: a command, its events, its exit status, and what is published."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FARM = Path(sys.executable).with_name("farm")
MEDIA = Path(os.environ.get("FARM_TEST_MEDIA", ROOT.parent / "shared" / "media"))

SMALL_PROFILE = ROOT / "tests" / "run" / "profiles"
"""A ladder of two small rungs with short chunks: everything the real one does, in seconds."""


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    events: tuple[dict[str, Any], ...]
    errors: str
    """Standard error."""

    def only(self, event: str) -> dict[str, Any]:
        (found,) = [one for one in self.events if one["event"] == event]
        return found

    @property
    def published(self) -> dict[str, Any]:
        assert self.status == 0, self.errors
        return self.only("published")


def command(recording: Path | str, store: Path | str, *options: str, work: Path) -> list[str]:
    return [
        str(FARM),
        "run",
        str(recording),
        "--store",
        str(store),
        "--work",
        str(work),
        "--json",
        *options,
    ]


def farm_run(
    recording: Path | str,
    store: Path | str,
    *options: str,
    work: Path,
    timeout: float = 240,
    env: dict[str, str] | None = None,
) -> Ran:
    done = subprocess.run(
        command(recording, store, *options, work=work),
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return ran(done.returncode, done.stdout, done.stderr)


def ran(status: int, stdout: str, stderr: str) -> Ran:
    events = tuple(json.loads(line) for line in stdout.splitlines())
    return Ran(status=status, events=events, errors=stderr)


def hashes(library: Path, lesson: str = "") -> dict[str, str]:
    """Every visible object of a folder store's lessons by name; leases differ by their fence."""
    folder = library / "lessons" / lesson
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("lease.json", "lesson.json")
    }


def release_of(library: Path, lesson: str) -> dict[str, Any]:
    folder = library / "lessons" / lesson
    pointer = json.loads((folder / "lesson.json").read_bytes())
    found: dict[str, Any] = json.loads((folder / pointer["path"]).read_bytes())
    return found

"""`farm submit`: recordings to a service."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from farm.cli.jobs_view import COLOURS, described, follow, jsonl
from farm.cli.metadata import said_options
from farm.cli.plainly import readable
from farm.cli.service_options import asking, service_options
from farm.client.api import Api
from farm.client.sending import Said, Sender
from farm.errors import FarmError
from farm.sidecar import CAPTIONS

BESIDE = (*CAPTIONS, ".toml", ".json")
SOON = 60.0
"""Seconds for which a job is waited for that must come of a whole upload."""
HASHED = 20e6
"""Bytes the service hashes in a second at the least: so much longer for a large file."""
STATUS = {"done": 0, "asking": 0, "refused": 3, "failed": 4, "cancelled": 130}

console = Console(stderr=True, highlight=False)


@click.command()
@click.argument(
    "recordings",
    nargs=-1,
    required=True,
    metavar="RECORDING...",
    type=click.Path(exists=True, path_type=Path),
)
@service_options
@said_options
@click.option("--profile", "profiles", multiple=True, help="A way of delivery; may be given again.")
@click.option(
    "--priority",
    type=click.Choice(["normal", "stock"]),
    default="normal",
    show_default=True,
    help="Old stock gives way to what is new.",
)
@click.option("--deadline", metavar="TIME", help="When it has to be ready: 2026-12-01T08:00.")
@click.option(
    "--go-on", is_flag=True, help="Go on whatever the inspection finds, short of a refusal."
)
@click.option("--wait/--no-wait", default=True, help="Wait for findings, and the finished lessons.")
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line on standard output.")
def submit(recordings: tuple[Path, ...], server: str, key: str, **options: Any) -> None:
    """Hand in each RECORDING, or all in a folder, with the captions and sidecars beside it.

    The same command again goes on where a broken line ended it. Exit status: 0 done, or it waits
    for an answer; 2 usage; 3 a recording was refused; 4 it failed; 5 the service is away.
    """
    with asking(server, key) as api:
        status = _submit(api, recordings, Options(**options))
    if status:
        raise SystemExit(status)


@dataclass(frozen=True, slots=True)
class Options:
    """See `farm submit --help`."""

    said: Mapping[str, Any]
    profiles: tuple[str, ...]
    priority: str
    deadline: str | None
    go_on: bool
    wait: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class File:
    path: Path
    folder: str
    """Relative, as it is handed in."""

    @property
    def is_recording(self) -> bool:
        return self.path.suffix.lower() not in BESIDE


def _submit(api: Api, given: Sequence[Path], options: Options) -> int:
    deadline = _deadline(options.deadline)
    if api.me()["role"] != "base":
        raise click.UsageError("Only a base hands in recordings; give a base's key as --key.")
    found = list({file.path.resolve(): file for path in given for file in files_of(path)}.values())
    recordings = sum(file.is_recording for file in found)
    if not recordings:
        raise click.UsageError("There is no recording in what was given; check the folder.")
    if "title" in options.said and recordings > 1:
        raise click.UsageError(
            "One --title cannot name several recordings; submit them one by one."
        )
    jobs = _hand_in(api, found, options, deadline)
    ends = [_wait(api, job, options) for job in jobs] if options.wait else []
    return max(ends, default=0)


def _hand_in(
    api: Api, found: Sequence[File], options: Options, deadline: float | None
) -> list[str]:
    """The jobs that came of it."""
    sender = Sender(api, _notes())
    jobs = []
    with _bars(quiet=options.as_json) as bars:
        # Captions first: they are there when their recording becomes a job.
        for file in sorted(found, key=lambda one: one.is_recording):
            upload = _send(sender, file, options, bars, deadline)
            if file.is_recording:
                jobs.append(_job_of(api, upload, file))
                _tell(api, jobs[-1], file, as_json=options.as_json)
    sender.forget()
    return jobs


def _tell(api: Api, job: str, file: File, *, as_json: bool) -> None:
    if as_json:
        jsonl("submitted", job=job, recording=readable(str(file.path)))
    else:
        name = escape(readable(file.path.name))
        console.print(f"  {name}  {api.server}/base/jobs/{job}", soft_wrap=True)


def _send(
    sender: Sender, file: File, options: Options, bars: Progress, deadline: float | None
) -> str:
    size = file.path.stat().st_size
    task = bars.add_task(escape(readable(file.path.name)), total=size)
    said = Said(
        name=readable(file.path.name),
        folder=file.folder,
        asked=_asked(options) if file.is_recording else None,
        priority=options.priority,
        deadline=deadline,
    )
    return sender.send(file.path, said, lambda there: bars.update(task, completed=there)).upload


def _asked(options: Options) -> dict[str, Any]:
    said = {
        name: list(one) if isinstance(one, tuple) else one for name, one in options.said.items()
    }
    return {
        "metadata": said,
        "profiles": list(options.profiles) or None,
        "go_on": options.go_on,
    }


def _job_of(api: Api, upload: str, file: File) -> str:
    """The job that came of an upload: a moment after it is whole, once it is hashed there."""
    deadline = time.monotonic() + SOON + file.path.stat().st_size / HASHED
    found = api.patiently(f"/api/v1/uploads/{upload}")
    while not found["job"]:
        if found["state"] in ("damaged", "gone"):
            raise FarmError(
                f"{readable(file.path.name)} did not arrive whole; submit it again. "
                "文件未能完整送达，请重新提交。"
            )
        if time.monotonic() > deadline:
            raise FarmError(
                f"{readable(file.path.name)} has arrived and is still being checked; "
                "look for it with farm jobs. 文件已送达，仍在校验，请稍后查看任务列表。"
            )
        time.sleep(0.3)
        found = api.patiently(f"/api/v1/uploads/{upload}")
    return str(found["job"])


def _wait(api: Api, job: str, options: Options) -> int:
    """Until it is over, or waits for an answer; tells what was found."""
    end = follow(api, job, as_json=options.as_json)
    if not options.as_json:
        for finding in end["findings"]:
            console.print("\n".join(described(finding)), soft_wrap=True)
        colour = COLOURS.get(end["state"], "yellow")
        why = f"  {escape(end['error'])}" if end["error"] else ""
        console.print(f"  [{colour}]{end['state']}[/] {escape(end['name'])}{why}", soft_wrap=True)
        if end["state"] == "asking":
            console.print(
                f"  Go on: farm jobs --go-on {job}; or hand in another recording. "
                "继续制作请运行上述命令，或重新提交录像。",
                soft_wrap=True,
            )
    return STATUS.get(end["state"], 1)


def files_of(path: Path) -> Iterator[File]:
    """The file, or all below a folder that are not hidden; and what goes with a file alone."""
    if path.is_file():
        yield File(path, "")
        for other in sorted(path.parent.glob(f"{_globbed(path.stem)}.*")):
            if other != path and other.suffix.lower() in BESIDE:
                yield File(other, "")
        return
    folder = path.resolve().name
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        if file.is_file() and not any(part.startswith(".") for part in inside.parts):
            above = (folder, *inside.parts[:-1])
            yield File(file, readable("/".join(above)))


def _globbed(stem: str) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in stem)


def _deadline(text: str | None) -> float | None:
    """In the time of this machine, where it does not say another."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError as error:
        raise click.UsageError(
            f"{text!r} is no time; write --deadline as 2026-12-01T08:00."
        ) from error


def _notes() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "courseware-farm" / "uploads"


def _bars(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(bar_width=32),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, quiet=True) if quiet else console,
    )

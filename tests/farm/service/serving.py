"""`farm serve` as an operator starts it, and its ledger as others see it."""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from farm.ledger import Ledger, bases, events, jobs, open_ledger
from farm.ledger.model import Base, Event, Job
from farm.ledger.states import ENDED, JobKind
from tests.farm_run import FARM, SMALL_PROFILE

T = TypeVar("T")

PATIENCE = 150.0
"""Seconds a small lesson may take on a busy machine."""


@dataclass(frozen=True, slots=True)
class Place:
    """Everything a service keeps."""

    folder: Path
    ledger: Ledger

    @property
    def library(self) -> Path:
        return self.folder / "library"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def incoming(self) -> Path:
        return self.folder / "incoming"

    def hand_in(self, recording: Path, base: str = "changsha", **asked: Any) -> str:
        """As the web does it; the job's id."""
        id = secrets.token_hex(16)
        folder = self.state / "jobs" / id
        folder.mkdir(parents=True)
        path = Path(shutil.copy2(recording, folder / f"recording{recording.suffix}"))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        job = Job(
            id=id,
            base=base,
            name=recording.name,
            path=str(path),
            size=path.stat().st_size,
            created=time.time(),
            sha256=sha256,
            lesson=f"{base}-{sha256[:12]}",
            asked={"profiles": ["small"], **asked},
            hold=True,
        )
        with self.ledger.begin() as tx:
            jobs.add(tx, job)
        return id

    def mend(self, lesson: str, metadata: Mapping[str, Any]) -> str:
        id = secrets.token_hex(16)
        job = Job(
            id=id,
            base=lesson.rpartition("-")[0],
            name="mend",
            path="",
            size=0,
            created=time.time(),
            lesson=lesson,
            kind=JobKind.MEND,
            asked={"metadata": metadata},
            hold=True,
        )
        with self.ledger.begin() as tx:
            jobs.add(tx, job)
        return id

    def job(self, id: str) -> Job:
        with self.ledger.read() as tx:
            found = jobs.get(tx, id)
        assert found is not None
        return found

    def events(self, id: str) -> tuple[Event, ...]:
        with self.ledger.read() as tx:
            return events.after(tx, 0, job=id)

    def ended(self, id: str) -> Job:
        """The job, once it is over."""
        return until(lambda: self.job(id), lambda job: job.state in ENDED)


def until(look: Callable[[], T], good: Callable[[T], bool], patience: float = PATIENCE) -> T:
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if good(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """With two bases."""
    ledger = open_ledger(str(folder / "ledger.db"))
    with ledger.begin() as tx:
        for id, zh in (("changsha", "长沙基地"), ("xiangxi", "湘西基地")):
            bases.add(tx, Base(id, id, zh, created=time.time()))
    try:
        yield Place(folder, ledger)
    finally:
        ledger.close()


@contextmanager
def service(at: Place, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A running one; killed with all its children at the end where it still runs."""
    log = at.folder / "service.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(str(FARM), "serve", "--port", "0", "--workers", "2"),
                *("--store", str(at.library), "--ledger", str(at.folder / "ledger.db")),
                *("--state", str(at.state), "--work", str(at.folder / "work")),
                *("--profile-dir", str(SMALL_PROFILE), *options),
            ],
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if sys.exc_info()[0] is not None:
            print(log.read_text(errors="replace")[-4000:])


def encoders(within: Path) -> list[psutil.Process]:
    """Children at work for the service whose folder that is."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "encoders" in words and any(word.startswith(str(within)) for word in words):
            found.append(process)
    return found


def kill(process: "subprocess.Popen[bytes]") -> None:
    """As a machine that loses power does, for the service's own process."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

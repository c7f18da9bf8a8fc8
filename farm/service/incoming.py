"""`incoming/<base>/`: recordings of bases that have systems of their own.

A file that has not changed between two looks is taken: it is copied whole into the service's own
folder, becomes a job, and only then goes from where it was. Captions and sidecars of the same name
go with it. What begins with a dot is somebody's file in progress.
"""

import hashlib
import logging
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from farm.errors import FarmError
from farm.ledger import bases, events, jobs
from farm.ledger.model import Job
from farm.ledger.states import Priority
from farm.service.means import Means
from farm.sidecar import CAPTIONS
from farm.store import Info, Store, open_store
from workers.workspace import workspace

STEM = "recording"
BESIDE = (*CAPTIONS, ".toml", ".json")
_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A recording with what belongs to it."""

    base: str
    recording: Info
    beside: tuple[Info, ...]


class Incoming:
    """Look through it again and again; nothing is kept but what was seen the last time."""

    def __init__(self, means: Means, url: str) -> None:
        self._means = means
        self._store: Store = open_store(url)
        self._seen: Mapping[str, tuple[int, str]] = {}

    def look(self, holds: bool) -> tuple[str, ...]:
        """Ids of jobs that were made. Raises FarmError where it cannot be looked through."""
        here = {one.name: one for one in self._store.list("") if not _hidden(one.name)}
        now = {name: (one.size, one.tag) for name, one in here.items()}
        still = [one for name, one in here.items() if self._seen.get(name) == now[name]]
        self._seen = now
        made = []
        for found in grouped(still):
            try:
                made.append(self._take(found, holds))
            except FarmError as error:
                log.warning("%s was not taken: %s", found.recording.name, error)
        return tuple(id for id in made if id)

    def _take(self, found: Found, holds: bool) -> str | None:
        """A job of it; None where there is no such base. The id hangs on name and version: a take
        that was cut short and is made again makes no second job."""
        name = PurePosixPath(found.recording.name)
        key = f"{found.recording.name}\0{found.recording.tag}\0{found.recording.size}"
        id = hashlib.sha256(key.encode()).hexdigest()[:32]
        with self._means.ledger.read() as tx:
            known = bases.get(tx, found.base), jobs.get(tx, id)
        if known[0] is None:
            log.warning("there is no base %s, to whom %s would belong", found.base, name)
            return None
        if known[1] is None:
            job = self._fetched(found, id, holds)
            with self._means.ledger.begin() as tx:
                jobs.add(tx, job)
                events.add(tx, "job-received", {"name": job.name}, job=id, base=job.base)
        for one in (*found.beside, found.recording):
            self._store.delete(one.name)
        return id

    def _fetched(self, found: Found, id: str, holds: bool) -> Job:
        folder = self._means.recordings / id
        name = PurePosixPath(found.recording.name)
        extension = name.suffix.lower() if _EXTENSION.fullmatch(name.suffix.lower()) else ""
        path = folder / f"{STEM}{extension}"
        with workspace(self._means.state / "taking", id, needed=found.recording.size) as aside:
            for one in (found.recording, *found.beside):
                rest = PurePosixPath(one.name).name.removeprefix(name.stem)
                target = path.name if one is found.recording else f"{STEM}{rest.lower()}"
                self._store.fetch(one.name, aside / target)
            folder.mkdir(parents=True, exist_ok=True)
            for file in aside.iterdir():
                file.replace(folder / file.name)
        with path.open("rb") as recording:
            sha256 = hashlib.file_digest(recording, "sha256").hexdigest()
        return Job(
            id=id,
            base=found.base,
            name=name.name,
            path=str(path),
            size=path.stat().st_size,
            created=time.time(),
            sha256=sha256,
            lesson=f"{found.base}-{sha256[:12]}",
            asked={"go_on": True},
            priority=Priority.NORMAL,
            hold=holds,
        )


def grouped(infos: list[Info]) -> Iterator[Found]:
    """Recordings in folders of bases, each with the files of its name."""
    names = [(PurePosixPath(one.name), one) for one in infos]
    for path, one in names:
        if len(path.parts) < 2 or path.suffix.lower() in BESIDE:
            continue
        beside = tuple(
            other
            for near, other in names
            if near.parent == path.parent
            and near.suffix.lower() in BESIDE
            and (near.stem == path.stem or near.stem.startswith(f"{path.stem}."))
        )
        yield Found(path.parts[0], one, beside)


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))

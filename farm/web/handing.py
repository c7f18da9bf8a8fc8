"""From uploads to jobs: what arrived is checked, and what belongs together is put into one folder.

`uploads/<id>` is a file on its way, `uploads/<id>.json` what was said of it. A recording that is
whole is linked into `jobs/<job>/recording.<ext>`, with the captions and sidecars of its name as
`recording.<language>.srt`, `recording.toml`: the names `farm.sidecar` looks for, and nobody else's.
"""

import hashlib
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection

from farm.ledger import events, jobs, sessions, uploads
from farm.ledger.engine import Ledger
from farm.ledger.model import Job, Upload
from farm.ledger.states import JobState, Priority, UploadState
from farm.plan.languages import UNKNOWN
from farm.sidecar import CAPTIONS, SHARED, caption_language
from farm.web.ports import Service, WebSettings
from farm.web.tus import create, offset_of

SIDECARS = (".toml", ".json")
STEM = "recording"
_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}")
CHECKS = 2
"""Files hashed at once: more would only make a disk seek."""
FRESH = (JobState.RECEIVED, JobState.INSPECTING, JobState.ASKING)
"""A file of captions that comes later still goes with the recording in these states."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of an upload when it began."""

    asked: Mapping[str, Any]
    """As a job's row keeps it."""
    sha256: str | None = None
    """Hex: what its bytes should hash to."""
    priority: Priority = Priority.NORMAL
    deadline: float | None = None
    """Epoch seconds."""
    modified: float | None = None
    """Epoch seconds when the file was last changed on the base's own disk: a lesson's date."""
    replaces: str | None = None
    """A job that is cancelled when this one begins."""


class Desk:
    """Takes files in. Its methods may be called from any thread."""

    def __init__(self, ledger: Ledger, service: Service, settings: WebSettings) -> None:
        self._ledger = ledger
        self._service = service
        self._settings = settings
        self._pool = ThreadPoolExecutor(CHECKS, "checking")
        settings.uploads.mkdir(parents=True, exist_ok=True)
        settings.jobs.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """What is being checked is taken up when the service starts again."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # --- receiving -----------------------------------------------------------------------------

    def begin(self, base: str, name: str, folder: str, size: int, told: Told) -> Upload:
        """A new upload, empty. Raises Sorry 507 where there is no room."""
        now = time.time()
        id = secrets.token_hex(16)
        _write_json(self._told_path(id), _told_value(told))
        create(self.path(id))
        upload = Upload(id, base, name, folder, size, created=now, seen=now)
        with self._ledger.begin() as tx:
            return uploads.add(tx, upload)

    def path(self, id: str) -> Path:
        return self._settings.uploads / id

    def progressed(self, upload: Upload, received: int) -> None:
        """So many bytes are here; with the last one it is checked, in a thread of its own."""
        with self._ledger.begin() as tx:
            uploads.progress(tx, upload.id, received, time.time())
        if received >= upload.size:
            self._pool.submit(self._check_plainly, upload.id)

    def expect(self, upload: Upload, sha256: str) -> bool:
        """What its bytes should hash to, found out while they were under way. False: they do not;
        a job that was begun with them is cancelled."""
        with suppress(FileNotFoundError):
            told = self._told(upload.id)
            _write_json(self._told_path(upload.id), {**_told_value(told), "sha256": sha256})
        with self._ledger.read() as tx:
            now = uploads.get(tx, upload.id)
        if now is None or now.state is not UploadState.WHOLE or now.sha256 == sha256:
            return now is None or now.state is not UploadState.DAMAGED
        with self._ledger.begin() as tx:
            uploads.change(tx, upload.id, state=UploadState.DAMAGED)
            if now.job:
                jobs.ask_cancel(tx, now.job)
        if now.job:
            self._service.cancel(now.job)
        return False

    def drop(self, upload: Upload) -> None:
        """The base gives it up."""
        with self._ledger.begin() as tx:
            uploads.finish(tx, upload.id, UploadState.GONE, time.time())
        self._remove(upload.id)

    # --- whole ---------------------------------------------------------------------------------

    def take_up(self) -> None:
        """What a service that ended had begun: files that are whole and not checked yet."""
        with self._ledger.read() as tx:
            going_on = uploads.going_on(tx)
        for one in going_on:
            here = offset_of(self.path(one.id))
            if here is None:
                with self._ledger.begin() as tx:
                    uploads.finish(tx, one.id, UploadState.GONE, time.time())
            elif here >= one.size:
                self._pool.submit(self._check_plainly, one.id)

    def sweep(self) -> None:
        """Uploads nobody went on with, files of those that became jobs, sessions that are over."""
        now = time.time()
        before = now - self._settings.upload_days * 86400
        with self._ledger.begin() as tx:
            gone = uploads.sweep(tx, before)
            sessions.sweep(tx, now)
        for one in gone:
            self._remove(one.id)
        for path in self._settings.uploads.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _check_plainly(self, id: str) -> None:
        try:
            self._check(id)
        except FileNotFoundError:
            log.info("the upload %s was checked by another thread, or given up", id)
        except Exception:
            # Nobody waits for this thread; the next start of the service tries again.
            log.exception("the upload %s could not be checked", id)

    def _check(self, id: str) -> None:
        """Hash it; a recording becomes a job, another file waits for its recording."""
        with self._ledger.begin() as tx:
            upload = uploads.get(tx, id)
            if upload is None or not uploads.finish(tx, id, UploadState.CHECKING, time.time()):
                return
        with self.path(id).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        told = self._told(id)
        if told.sha256 and told.sha256 != sha256:
            with self._ledger.begin() as tx:
                uploads.finish(tx, id, UploadState.DAMAGED, time.time(), sha256)
                events.add(tx, "upload-damaged", {"upload": id}, base=upload.base)
            self.path(id).unlink(missing_ok=True)
        elif part_of(upload.name):
            with self._ledger.begin() as tx:
                uploads.finish(tx, id, UploadState.WHOLE, time.time(), sha256)
                others = self._recordings(tx, upload)
            for job, recording in others:
                self._put_beside(upload, recording, job)
        else:
            self._hand_in(upload, told, sha256)

    def _hand_in(self, upload: Upload, told: Told, sha256: str) -> None:
        """Make a job of it. The folder comes first: a row names what is there."""
        job = _job_of(upload, told, sha256, self._settings.jobs, self._service.holds)
        folder = Path(job.path).parent
        folder.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            Path(job.path).hardlink_to(self.path(upload.id))
        if told.modified is not None:
            os.utime(job.path, (told.modified, told.modified))
        with self._ledger.begin() as tx:
            now = uploads.get(tx, upload.id)
            if now is None or now.state is not UploadState.CHECKING:
                return
            jobs.add(tx, job)
            uploads.finish(tx, upload.id, UploadState.WHOLE, time.time(), sha256, job.id)
            events.add(tx, "job-received", {"name": job.name}, job=job.id, base=job.base)
            parts = self._parts(tx, upload)
            replaced = told.replaces and jobs.ask_cancel(tx, told.replaces)
        for part in parts:
            self._put_beside(part, upload, job.id)
        self._remove(upload.id)
        if replaced and told.replaces:
            self._service.cancel(told.replaces)
        self._service.submitted(job.id)

    def _parts(self, tx: Connection, recording: Upload) -> list[Upload]:
        """Files of captions and sidecars, here already, that go with a recording."""
        known = uploads.of_base(tx, recording.base, limit=1000)
        whole = [one for one in known if one.state is UploadState.WHOLE and part_of(one.name)]
        # The latest of a name comes last, and wins.
        return [one for one in reversed(whole) if name_beside(one, recording)]

    def _recordings(self, tx: Connection, part: Upload) -> list[tuple[str, Upload]]:
        known = uploads.of_base(tx, part.base, limit=1000)
        found = []
        for one in known:
            job = jobs.get(tx, one.job) if one.job and name_beside(part, one) else None
            if job and job.state in FRESH:
                found.append((job.id, one))
        return found

    def _put_beside(self, part: Upload, recording: Upload, job: str) -> None:
        name = name_beside(part, recording)
        folder = self._settings.jobs / job
        if name is None:
            return
        with suppress(FileNotFoundError):
            fresh = folder / f".{secrets.token_hex(8)}"
            fresh.hardlink_to(self.path(part.id))
            fresh.replace(folder / name)

    def _told_path(self, id: str) -> Path:
        return self._settings.uploads / f"{id}.json"

    def _told(self, id: str) -> Told:
        value = json.loads(self._told_path(id).read_bytes())
        return Told(**{**value, "priority": Priority(value["priority"])})

    def _remove(self, id: str) -> None:
        for path in (self.path(id), self._told_path(id), self.path(f"{id}.stop")):
            path.unlink(missing_ok=True)


def part_of(name: str) -> bool:
    """Whether a file goes with a recording instead of being one."""
    return PurePosixPath(name).suffix.lower() in (*CAPTIONS, *SIDECARS)


def name_beside(part: Upload, recording: Upload) -> str | None:
    """What `part` is called beside `recording.<ext>`; None where it does not go with it."""
    if part.folder != recording.folder or part_of(recording.name) or not part_of(part.name):
        return None
    path = PurePosixPath(part.name)
    kind = path.suffix.lower()
    stem = PurePosixPath(recording.name).stem
    if kind in SIDECARS:
        if path.stem == SHARED:
            return f"{SHARED}{kind}"
        return f"{STEM}{kind}" if path.stem == stem else None
    if path.stem == stem:
        return f"{STEM}{kind}"
    word = path.stem.removeprefix(f"{stem}.")
    language = caption_language(word) if word != path.stem else UNKNOWN
    return None if language == UNKNOWN else f"{STEM}.{language}{kind}"


def _job_of(upload: Upload, told: Told, sha256: str, folder: Path, hold: bool) -> Job:
    """Its id is that of the upload: a check that is done again makes no second job."""
    suffix = PurePosixPath(upload.name).suffix.lower()
    extension = suffix if _EXTENSION.fullmatch(suffix) else ""
    title = told.asked.get("metadata", {}).get("title")
    return Job(
        id=upload.id,
        base=upload.base,
        name=title or upload.name,
        path=str(folder / upload.id / f"{STEM}{extension}"),
        size=upload.size,
        created=time.time(),
        sha256=sha256,
        lesson=f"{upload.base}-{sha256[:12]}",
        asked=told.asked,
        priority=told.priority,
        deadline=told.deadline,
        hold=hold,
    )


def _told_value(told: Told) -> dict[str, Any]:
    return {
        "asked": dict(told.asked),
        "sha256": told.sha256,
        "priority": int(told.priority),
        "deadline": told.deadline,
        "modified": told.modified,
        "replaces": told.replaces,
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(value, ensure_ascii=False))
    fresh.replace(path)

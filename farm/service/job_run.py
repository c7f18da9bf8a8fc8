"""One job through the pipeline, in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from farm.batch import ERRORS, status_of
from farm.crew import Crew
from farm.errors import Refused
from farm.events import Published
from farm.ledger import bases, events, jobs, lessons
from farm.ledger.model import Job, LessonRow
from farm.ledger.states import JobState
from farm.model import title_of
from farm.pipeline import Extras, Farm
from farm.pointers import newest_release, read_numbered
from farm.request import Asked, Request, request_of
from farm.service.asked import Handed, read_asked
from farm.service.means import Means
from farm.service.telling import Teller
from manifests.model import CatalogEntry
from workers.cancel import cancellable
from workers.errors import Cancelled, Stopped

log = logging.getLogger(__name__)

GONE = "The recording is not kept any more; hand it in again. 录像原件已不再保存，请重新提交。"
LOST = "The farm itself failed at this; the operator finds why in its log. 平台出错，请联系管理员。"


class JobRun:
    """`start` it; `cancel` ends it within two seconds; `ended` is called when it is over."""

    def __init__(
        self, means: Means, job: Job, crew: Crew, ended: Callable[["JobRun"], None]
    ) -> None:
        self.job = job
        self._means = means
        self._crew = crew
        self._ended = ended
        self._flag = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._live, name=job.id, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Somebody asked for its end."""
        self._flag.set()
        self._crew.close()

    def stop(self) -> None:
        """The service ends: the job stays as it is, and goes on with the next one."""
        self._stopped = True
        self.cancel()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _live(self) -> None:
        log.info("job begun", extra={"job": self.job.id, "base": self.job.base})
        try:
            with cancellable(self._flag):
                self._finish(JobState.DONE, published=self._produce())
        except Exception as error:
            self._failed(error)
        finally:
            self._ended(self)

    def _produce(self) -> Published:
        job, means = self.job, self._means
        teller = Teller(means.ledger, job.id, job.base, job.work)
        handed = read_asked(job.asked, means.profiles)
        farm = farm_of(means, self._crew, teller, held=job.hold)
        return farm.produce(request_of_job(means, job, handed), Extras(handed.burn))

    def _failed(self, error: Exception) -> None:
        """A stop is no end; everything else is one, told in a sentence."""
        if self._stopped or isinstance(error, Stopped) or isinstance(error.__cause__, Stopped):
            return
        try:
            if self._flag.is_set() or isinstance(error, Cancelled):
                self._finish(JobState.CANCELLED)
            elif isinstance(error, Refused):
                self._finish(JobState.REFUSED, status=error.status, error=str(error))
            elif isinstance(error, ERRORS):
                self._finish(JobState.FAILED, status=status_of(error), error=str(error))
            else:
                log.error("job %s", self.job.id, exc_info=error)
                self._finish(JobState.FAILED, status=1, error=LOST)
        except Exception:  # the ledger itself is away: the job is taken up again at the next start
            log.exception("the end of job %s could not be noted", self.job.id)

    def _finish(
        self, state: JobState, *, published: Published | None = None, **fields: Any
    ) -> None:
        job, means, now = self.job, self._means, time.time()
        entry = _entry(means, published) if published else None
        if published:
            fields |= {"release": published.release, "lesson": published.lesson, "done": job.work}
        with means.ledger.begin() as tx:
            if not jobs.move(tx, job.id, {JobState.RUNNING}, state, ended=now, **fields):
                return
            if entry is not None:
                known = lessons.get(tx, entry.lesson)
                lessons.put(tx, lesson_row(job.base, entry, known, now))
            data = {"state": state.value, "error": fields.get("error")}
            events.add(tx, "state", data, job=job.id, base=job.base)
        told = {"job": job.id, "base": job.base, "lesson": fields.get("lesson") or job.lesson or ""}
        log.info("job ended", extra=told | {key: value or "" for key, value in data.items()})


def farm_of(means: Means, crew: Crew, emit: Callable[[Any], None], *, held: bool) -> Farm:
    return Farm(
        store=means.store,
        profiles=means.profiles,
        crew=crew,
        work=means.work,
        emit=emit,
        public_url=means.public_url,
        held=held,
    )


def request_of_job(means: Means, job: Job, handed: Handed) -> Request:
    """What the job asks for; the base's own name and clips are among it.

    Raises Refused where the recording is not kept any more.
    """
    said = {**handed.said, "base": job.base}
    with means.ledger.read() as tx:
        base = bases.get(tx, job.base)
        earlier = jobs.of_lesson(tx, job.lesson) if job.lesson else ()
    if base is not None:
        said["base_name"] = base.name_zh or base.name
    kept = [one for one in (job, *earlier) if one.path and Path(one.path).is_file()]
    if not kept:
        raise Refused(GONE)
    request = request_of(
        Path(kept[0].path), job.name, Asked(said, profiles=handed.profiles), bases=means.bases
    )
    if request.metadata.title or not job.lesson or newest_release(means.store, job.lesson):
        return request
    # The file is called by us: it is the base's own name that tells what it is.
    title = title_of(Path(kept[0].name))
    return replace(request, metadata=replace(request.metadata, title=title))


def _entry(means: Means, published: Published) -> CatalogEntry:
    """What the release says of itself, with its number."""
    release, _ = read_numbered(means.store, published.lesson, published.release)
    return replace(release.entry, release=published.release)


def lesson_row(base: str, entry: CatalogEntry, known: LessonRow | None, now: float) -> LessonRow:
    """The lesson as the office sees it once a release of it is made; `known`: as it was before."""
    row = LessonRow(
        id=entry.lesson,
        base=base,
        title=entry.title,
        category=entry.category,
        duration=float(entry.duration),
        updated=now,
        course=entry.course,
        number=entry.number,
    )
    if known is not None:
        row = replace(
            row,
            approved=known.approved,
            published=known.published,
            withdrawn=known.withdrawn,
        )
    decided = entry.release in (row.approved, row.published)
    return replace(row, waiting=None if decided else entry.release)

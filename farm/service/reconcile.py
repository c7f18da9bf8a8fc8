"""What an earlier service left: the ledger and the store are brought in line before work begins."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

from farm.catalog import POINTER
from farm.errors import StoreError
from farm.housekeeping import lessons_of
from farm.ledger import bases, events, jobs, lessons, tasks
from farm.ledger.model import Base, LessonRow
from farm.ledger.states import JobState
from farm.pointers import newest_release, read_current, read_numbered
from farm.service.means import Means
from farm.settings import make_office, read_settings
from farm.store import Store

BACK = {JobState.INSPECTING: JobState.RECEIVED, JobState.RUNNING: JobState.QUEUED}
"""Where a job goes on that was under way."""

log = logging.getLogger(__name__)


def take_up(means: Means, fence: int) -> int:
    """Jobs and tasks that were under way wait again; how many jobs."""
    now, count = time.time(), 0
    with means.ledger.begin() as tx:
        tasks.release_all(tx, fence, now)
        for state, back in BACK.items():
            for job in jobs.every(tx, state):
                target = JobState.CANCELLED if job.cancel else back
                ended = {"ended": now} if job.cancel else {}
                if jobs.move(tx, job.id, state, target, **ended):
                    events.add(tx, "state", {"state": target.value}, job=job.id, base=job.base)
                    count += 1
    return count


def open_office(means: Means) -> None:
    """From now on the store's lessons are shown by the office alone; what is shown already is
    approved. Done again it changes nothing."""
    if read_settings(means.store).office:
        return
    for row in _shown(means.store):
        with means.ledger.begin() as tx:
            if bases.get(tx, row.base) is None:
                bases.add(tx, Base(row.base, row.base, row.base, created=time.time()))
            if lessons.get(tx, row.id) is None:
                lessons.put(tx, row)
    make_office(means.store)


def check_lessons(means: Means) -> int:
    """Rows of lessons whose newest release the store does not have (it was put back from an old
    copy) wait for nothing any more; how many were mended."""
    mended = 0
    with means.ledger.read() as tx:
        rows = lessons.every(tx)
    for row in rows:
        if row.waiting is None:
            continue
        try:
            newest = newest_release(means.store, row.id)
        except StoreError as error:
            log.warning("%s was not looked at: %s", row.id, error)
            continue
        if newest < row.waiting:
            with means.ledger.begin() as tx:
                lessons.put(tx, replace(row, waiting=newest or None))
                events.add(tx, "lost-release", {"lesson": row.id, "release": row.waiting})
            mended += 1
    return mended


def _shown(store: Store) -> Iterator[LessonRow]:
    """What the store shows without an office."""
    if store.head(POINTER) is None:
        return
    for lesson in lessons_of(store):
        current = read_current(store, lesson)
        if current is None:
            continue
        entry = read_numbered(store, lesson, current.pointer.release)[0].entry
        yield LessonRow(
            id=lesson,
            base=lesson.rpartition("-")[0],
            title=entry.title,
            category=entry.category,
            duration=float(entry.duration),
            updated=time.time(),
            course=entry.course,
            number=entry.number,
            approved=entry.release,
            published=entry.release,
        )

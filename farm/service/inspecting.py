"""Seconds after an upload: what the recording holds, what is wrong with it, and what comes next."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from encoders.facts import Facts, Finding, Severity
from encoders.findings import MENDED
from encoders.profiles import Profile
from farm.batch import ERRORS, status_of
from farm.crew import OwnCrew
from farm.inspection import findings_shown, refusal
from farm.ledger import events, jobs
from farm.ledger.model import Job
from farm.ledger.states import JobState
from farm.model import Recording
from farm.request import Request
from farm.service.asked import Handed, read_asked
from farm.service.job_run import LOST, farm_of, request_of_job
from farm.service.means import Means
from farm.service.telling import plain_findings
from farm.stills import SOUND, Shown, time_of
from workers.cancel import cancellable

AT_ONCE = 2
"""Inspections: they run beside the encoders, so that nobody waits for a slot to hear of a dead
microphone."""
WORK: Mapping[str, float] = {"hls": 1.0, "broadcast": 1.2, "dvd": 0.8, "vcd": 0.3, "audio": 0.1}
"""Of a job before it is planned, for each second of media; by kind of profile."""

log = logging.getLogger(__name__)


class Inspections:
    """Of what was received; `ended` is called with the job's id after each."""

    def __init__(self, means: Means, ended: Callable[[str], None]) -> None:
        self._means = means
        self._ended = ended
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="inspect")
        self._flags: dict[str, threading.Event] = {}
        self._stopped = False

    @property
    def jobs(self) -> frozenset[str]:
        return frozenset(self._flags)

    def begin(self, job: Job) -> None:
        flag = self._flags[job.id] = threading.Event()
        self._threads.submit(self._live, job, flag)

    def cancel(self, job: str) -> None:
        """What runs for it ends within two seconds."""
        flag = self._flags.get(job)
        if flag is not None:
            flag.set()

    def close(self) -> None:
        """Those that run are begun again by the next service."""
        self._stopped = True
        for flag in list(self._flags.values()):
            flag.set()
        self._threads.shutdown(cancel_futures=True)

    def _live(self, job: Job, flag: threading.Event) -> None:
        try:
            with cancellable(flag):
                self._inspect(job)
        except Exception as error:
            self._failed(job, flag, error)
        finally:
            self._flags.pop(job.id, None)
            self._ended(job.id)

    def _inspect(self, job: Job) -> None:
        means = self._means
        handed = read_asked(job.asked, means.profiles)
        request = request_of_job(means, job, handed)
        farm = farm_of(means, OwnCrew(1, None), lambda _: None, held=job.hold)
        facts = farm.inspect_only(request)
        profiles = [means.profiles[name] for name in request.wanted(()) if name in means.profiles]
        fields: dict[str, Any] = {
            "findings": plain_findings(facts.findings),
            "duration": float(facts.duration),
            "work": expected_work(profiles, float(facts.duration)),
        }
        state = next_state(facts, handed)
        if state is JobState.REFUSED:
            fields |= {"error": refusal(facts), "status": 3, "ended": time.time()}
        if state is JobState.QUEUED:
            fields["queued"] = time.time()
        self._move(job, state, fields)
        self._picture(job, request, facts)

    def _picture(self, job: Job, request: Request, facts: Facts) -> None:
        """The findings get pictures, a moment after they are told: nobody waits for these."""
        if facts.refused or not facts.findings or job.sha256 is None:
            return
        recording = Recording(request.path, job.size, job.sha256, "", request.metadata)
        try:
            shown = findings_shown(self._means.store, recording, facts, self._means.work)
        except ERRORS as error:
            log.info("the findings of %s are shown without pictures: %s", job.id, error)
            return
        findings = [
            {**plain, **pictures_of(one, shown)}
            for one, plain in zip(facts.findings, plain_findings(facts.findings), strict=True)
        ]
        with self._means.ledger.begin() as tx:
            jobs.change(tx, job.id, findings=findings)
            events.add(tx, "pictures", {}, job=job.id, base=job.base)

    def _failed(self, job: Job, flag: threading.Event, error: Exception) -> None:
        if self._stopped:
            return
        try:
            now = time.time()
            if flag.is_set():
                self._move(job, JobState.CANCELLED, {"ended": now})
            elif isinstance(error, ERRORS):
                told = {"error": str(error), "status": status_of(error), "ended": now}
                self._move(job, JobState.REFUSED if told["status"] == 3 else JobState.FAILED, told)
            else:
                log.error("inspection of job %s", job.id, exc_info=error)
                self._move(job, JobState.FAILED, {"error": LOST, "status": 1, "ended": now})
        except Exception:  # the ledger is away: it is inspected again at the next start
            log.exception("the inspection of job %s could not be noted", job.id)

    def _move(self, job: Job, state: JobState, fields: dict[str, Any]) -> None:
        with self._means.ledger.begin() as tx:
            if jobs.move(tx, job.id, JobState.INSPECTING, state, **fields):
                data = {"state": state.value, "error": fields.get("error")}
                events.add(tx, "state", data, job=job.id, base=job.base)


def pictures_of(finding: Finding, shown: Shown) -> dict[str, str]:
    """Names of objects in the store: of the picture at its place, and of the sound."""
    time = time_of(finding)
    picture = shown.stills.get(time) if time is not None else None
    sound = shown.strip if finding.code in SOUND else None
    return {name: one for name, one in (("picture", picture), ("sound", sound)) if one}


def next_state(facts: Facts, handed: Handed) -> JobState:
    """A person decides where there is something to decide."""
    if facts.refused:
        return JobState.REFUSED
    warned = any(
        one.severity is Severity.WARNING and not one.remedy.startswith(MENDED)
        for one in facts.findings
    )
    return JobState.ASKING if warned and not handed.go_on else JobState.QUEUED


def expected_work(profiles: list[Profile], duration: float) -> float:
    """As `Call.weight` counts it, of a recording that nobody has planned yet."""
    kinds = {one.kind.partition("-")[0] for one in profiles}
    return duration * max(0.1, sum(WORK.get(kind, 0.05) for kind in kinds))

"""One recording in, one published lesson out: the stages in their order."""

import logging
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from encoders.facts import Facts
from encoders.profiles import Profile
from farm.catalog import enter
from farm.crew import Crew
from farm.encode import Item, call_of, gather, survey
from farm.errand import Outcome
from farm.errors import EncodeFailed, Refused
from farm.events import Emit, Encoded, Inspected, Planned, Published, Retried, Stage, Started
from farm.inspection import inspect, known_facts, refusal
from farm.lesson import assemble
from farm.metadata import remembered
from farm.model import Recording
from farm.package import Pieces, presentation
from farm.pictures import picture_findings
from farm.plan import Plan, make_plan
from farm.progress import StageProgress
from farm.publish import publish, take_fence
from farm.sources import share
from farm.store import Store
from workers.errors import WorkerError
from workers.model import Event as WorkerEvent
from workers.model import Failed as AttemptFailed
from workers.model import Progress
from workers.supervise import run

QUICK = 1.0
"""Seconds an inspection takes where the recording is short or refused: no need of workers yet.
Where it goes on at a pace that will take longer, they start beside it."""

log = logging.getLogger(__name__)


class Farm:
    """A store, a profile and workers, ready to take recordings."""

    def __init__(
        self,
        *,
        store: Store,
        profile: Profile,
        workers: int | None,
        address: str | None,
        work: Path,
        emit: Emit,
    ) -> None:
        self._store = store
        self._profile = profile
        self._crew = Crew(workers, address)
        self._work = work
        self._emit = emit

    def __enter__(self) -> Self:
        self._store.probe()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._crew.close()

    def produce(self, recording: Recording, shown: str) -> Published:
        """Make and publish one lesson; what is finished already is kept.

        `shown`: how events call the recording. Raises FarmError.
        """
        self._emit(Started(recording=shown, lesson=recording.lesson))
        recording = remembered(self._store, recording)
        fence = take_fence(self._store, recording.lesson)
        facts = self._inspect(recording, shown)
        plan = make_plan(facts, self._profile, str(recording.path))
        pieces = self._encode(recording, plan, shown)
        return self._publish(recording, facts, plan, pieces, fence, shown)

    def _inspect(self, recording: Recording, shown: str) -> Facts:
        facts = known_facts(self._store, recording)
        if facts is None:
            facts = self._examine(recording, shown)
        self._emit(
            Inspected(recording=shown, duration=float(facts.duration), findings=facts.findings)
        )
        if facts.refused:
            raise Refused(refusal(facts))
        return facts

    def _examine(self, recording: Recording, shown: str) -> Facts:
        """Inspect; where that will take a while there is work to come: workers start beside it."""
        progress = StageProgress(self._emit, shown, Stage.INSPECT)
        began: float | None = None

        def see(done: float) -> None:
            nonlocal began
            progress.update(done)
            began = time.monotonic() if began is None else began
            if time.monotonic() - began > QUICK * done:
                self._crew.expect()

        facts = inspect(self._store, recording, self._work, see)
        progress.update(1.0)
        return facts

    def _encode(self, recording: Recording, plan: Plan, shown: str) -> Pieces:
        items = survey(self._store, recording, plan)
        todo = [item for item in items if item.missing]
        self._emit(
            Planned(
                recording=shown,
                tasks=len(todo),
                kept=sum(len(item.found) for item in items),
                renditions=_rendition_names(plan),
            )
        )
        outcomes = self._run(recording, plan, todo, shown) if todo else {}
        self._emit(_encoded(shown, outcomes))
        return gather(items, outcomes)

    def _run(
        self, recording: Recording, plan: Plan, todo: list[Item], shown: str
    ) -> Mapping[str, Outcome]:
        if self._crew.remote:
            share(self._store, recording)
        calls = [call_of(item, self._store, recording, str(self._work)) for item in todo]
        watch = _Watch(
            {call.key: call.weight for call in calls},
            StageProgress(self._emit, shown, Stage.ENCODE, float(plan.duration)),
            self._emit,
            shown,
        )
        pool = self._crew.pool(sum(call.weight for call in calls))
        try:
            return {done.key: done.value for done in run(pool, calls, on_event=watch.see)}
        except WorkerError as error:
            self._crew.close()
            raise EncodeFailed(f"{error}.") from error
        except BaseException:
            self._crew.close()
            raise

    def _publish(
        self,
        recording: Recording,
        facts: Facts,
        plan: Plan,
        pieces: Pieces,
        fence: int,
        shown: str,
    ) -> Published:
        progress = StageProgress(self._emit, shown, Stage.PUBLISH)
        findings = picture_findings(pieces.pictures, facts) if plan.chunks else facts.findings
        lesson = assemble(recording, facts, findings, plan.profile, presentation(plan, pieces))
        for warning in lesson.warnings:
            log.info("recommendation not met: %s", warning)
        done = publish(self._store, recording.lesson, lesson, fence, progress.update)
        enter(self._store, done.entry)
        progress.update(1.0)
        published = Published(
            recording=shown,
            lesson=recording.lesson,
            release=done.release,
            master=f"lessons/{recording.lesson}/master.m3u8",
            store=self._store.url,
            changed=done.changed,
        )
        self._emit(published)
        return published


class _Watch:
    """Follows the calls of one recording: overall progress, and what had to be tried again."""

    def __init__(
        self, weights: Mapping[str, float], progress: StageProgress, emit: Emit, shown: str
    ) -> None:
        self._weights = weights
        self._total = sum(weights.values()) or 1.0
        self._done = dict.fromkeys(weights, 0.0)
        self._progress = progress
        self._emit = emit
        self._shown = shown

    def see(self, event: WorkerEvent) -> None:
        match event:
            case Progress():
                self._done[event.key] = event.done
            case AttemptFailed():
                self._done[event.key] = 0.0
                self._emit(Retried(recording=self._shown, task=event.key, reason=event.error))
            case _:
                self._done[event.key] = 1.0
        made = sum(self._weights[key] * done for key, done in self._done.items())
        self._progress.update(made / self._total)


def _encoded(shown: str, outcomes: Mapping[str, Outcome]) -> Encoded:
    cpu: Counter[str] = Counter()
    for outcome in outcomes.values():
        cpu.update(outcome.cpu)
    return Encoded(
        recording=shown,
        decoded=sum(outcome.decoded for outcome in outcomes.values()),
        errors=sum(outcome.errors for outcome in outcomes.values()),
        cpu=dict(cpu),
    )


def _rendition_names(plan: Plan) -> tuple[str, ...]:
    videos = tuple(r.name for r in plan.chunks[0].task.renditions) if plan.chunks else ()
    return (
        *videos,
        *(sound.name for sound in plan.audio),
        *(text.name for text in plan.subtitles),
    )

"""A job's events from the pipeline into the ledger, for those who watch it."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from farm.events import (
    Captioned,
    Encoded,
    Event,
    Inspected,
    Planned,
    Progressed,
    Retried,
    Stage,
)
from farm.ledger import events, jobs
from farm.ledger.engine import Ledger

EVERY = 1.0
"""Seconds between two rows of progress of one job."""
SHARES: Mapping[Stage, tuple[float, float]] = {
    Stage.INSPECT: (0.0, 0.0),
    Stage.ENCODE: (0.0, 0.87),
    Stage.PRODUCTS: (0.87, 0.97),
    Stage.PUBLISH: (0.97, 1.0),
}
"""From where to where a stage brings the job, of 1."""


class Teller:
    """Called with each event of one job, from the job's thread."""

    def __init__(self, ledger: Ledger, job: str, base: str, work: float) -> None:
        self._ledger = ledger
        self._job = job
        self._base = base
        self._work = work
        self._told = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case Progressed():
                self._progress(event)
            case Planned():
                self._tell(
                    "planned",
                    {"tasks": event.tasks, "kept": event.kept, "renditions": event.renditions},
                )
            case Retried():
                self._tell("retried", {"task": event.task, "reason": event.reason})
            case Encoded():
                self._tell("encoded", {"pictures": event.decoded, "errors": event.errors})
            case Captioned():
                self._tell("captions", {"findings": plain_findings(event.findings)})
            case Inspected():
                pass  # told when it was inspected

    def _progress(self, event: Progressed) -> None:
        now = time.monotonic()
        if now - self._told < EVERY and event.done < 1:
            return
        self._told = now
        start, stop = SHARES[event.stage]
        share = start + event.done * (stop - start)
        with self._ledger.begin() as tx:
            jobs.change(tx, self._job, stage=event.stage.value, done=share * self._work)
            events.add(
                tx,
                "progress",
                {
                    "stage": event.stage.value,
                    "share": round(share, 4),
                    "speed": None if event.speed is None else round(event.speed, 2),
                },
                job=self._job,
                base=self._base,
            )

    def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        with self._ledger.begin() as tx:
            events.add(tx, kind, dict(data), job=self._job, base=self._base)


def plain_findings(findings: object) -> list[dict[str, Any]]:
    """As JSON values, moments in seconds."""
    plain: list[dict[str, Any]] = msgspec.to_builtins(findings, enc_hook=float)
    return plain

"""Inspect a recording on this machine, in a child; refuse what cannot become a lesson."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from encoders.facts import Facts, Finding, Severity
from encoders.tasks import InspectTask, Limits
from farm.child import run_task
from farm.errors import EncodeFailed
from farm.keys import parts_of
from farm.model import Recording
from farm.notes import read_note, write_note
from farm.stills import NOTHING_SHOWN, Shown, Wish, show, wish_of
from farm.store import Store
from workers.errors import Retryable, WorkerError
from workers.workspace import workspace

ATTEMPTS = 3


def known_facts(store: Store, recording: Recording) -> Facts | None:
    """What an earlier inspection of the same bytes found."""
    (part,) = parts_of(_task(recording), (recording.sha256,))
    return read_note(store, part, Facts)


def inspect(
    store: Store, recording: Recording, work: Path, report: Callable[[float], None]
) -> Facts:
    """Inspect, and note what was found for the next time."""
    facts = examine(recording, work, report)
    (part,) = parts_of(_task(recording), (recording.sha256,))
    write_note(store, part, facts)
    return facts


def examine(recording: Recording, work: Path, report: Callable[[float], None]) -> Facts:
    """Inspect; again where the child was killed or hung. Raises EncodeFailed after the last time,
    and where there is no room to work."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(recording, work, report)
        except Retryable as error:
            if attempt == ATTEMPTS:
                raise EncodeFailed(f"The inspection failed {attempt} times: {error}.") from error
        except (WorkerError, OSError) as error:
            raise EncodeFailed(f"The recording could not be inspected: {error}.") from error
    raise AssertionError("the last attempt ends by raising")


def _attempt(recording: Recording, work: Path, report: Callable[[float], None]) -> Facts:
    (part,) = parts_of(_task(recording), (recording.sha256,))
    with workspace(work, part.key) as folder:
        return run_task(_task(recording), Facts, [recording.path], folder, report)


def stills(
    store: Store, recording: Recording, times: Sequence[Fraction], work: Path
) -> dict[Fraction, str]:
    """Pictures of the recording near these times (lesson clock), by their names in the store; of a
    recording that was never inspected none. Raises as `findings_shown`."""
    facts = known_facts(store, recording)
    wish = Wish(times=tuple(times), strip=False, marks=())
    return {} if facts is None else show(store, recording, facts, wish, work).stills


def findings_shown(store: Store, recording: Recording, facts: Facts, work: Path) -> Shown:
    """Pictures of what was found, by `farm.stills.time_of` of each finding, and one of the sound.

    Nothing where the recording is refused, as it cannot be read. Raises Retryable, EncodeFailed
    and StoreError: a page is shown without pictures then.
    """
    if facts.refused:
        return NOTHING_SHOWN
    return show(store, recording, facts, wish_of(facts.findings), work)


def refusal(facts: Facts) -> str:
    """Why, and what to do, in one line."""
    return reasons(facts.findings)


def reasons(findings: Iterable[Finding]) -> str:
    """Those for which something is refused, and what to do, in one line; empty where it is not."""
    return " ".join(
        f"{one.message} {one.remedy} {one.message_zh}{one.remedy_zh}"
        for one in findings
        if one.severity is Severity.REFUSAL
    )


def _task(recording: Recording) -> InspectTask:
    return InspectTask(source=str(recording.path), limits=Limits())

"""Rows of the ledger as values. Moments are seconds since the epoch, UTC.

The fields are the columns of `farm/ledger/schema.py`, by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from farm.ledger.states import (
    JobKind,
    JobState,
    NodeState,
    Outcome,
    Priority,
    Role,
    TaskState,
    UploadState,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Base:
    """A production base."""

    id: str
    """Its short name, `farm.model.BASE`."""
    name: str
    name_zh: str
    created: float
    weight: float = 1.0
    """Its share of the workers beside that of the others, above 0."""
    paused: bool = False
    hours_wanted: float | None = None
    """Hours of finished lessons set as its task for the year."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a base or a person logs in with; its secret is not kept."""

    id: str
    base: str | None
    """Of a base's key, and of no other."""
    role: Role
    hash: str
    """SHA-256 of the secret, hex."""
    label: str
    """Who has it, as people call them."""
    created: float
    expires: float | None = None
    """None: never."""
    revoked: float | None = None
    used: float | None = None
    """Last use, to the minute."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that has logged in."""

    id: str
    """SHA-256 of the cookie, hex."""
    key: str
    csrf: str
    """What its forms have to carry."""
    created: float
    seen: float
    """Last request, to the minute."""
    expires: float


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in."""

    id: str
    """As tus calls it."""
    base: str
    name: str
    folder: str
    """Relative, as the base has it; empty: none."""
    size: int
    """Bytes it will have."""
    created: float
    seen: float
    received: int = 0
    """Bytes."""
    sha256: str | None = None
    state: UploadState = UploadState.RECEIVING
    job: str | None = None
    """What became of it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording handed in, or one lesson's metadata mended."""

    id: str
    base: str
    name: str
    """As it is shown: its title, or its file name."""
    path: str
    """Of the recording."""
    size: int
    """Bytes."""
    created: float
    lesson: str | None = None
    """None: not hashed yet."""
    kind: JobKind = JobKind.LESSON
    sha256: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    """Metadata, profiles, captions, as asked for."""
    priority: Priority = Priority.NORMAL
    deadline: float | None = None
    state: JobState = JobState.RECEIVED
    hold: bool = False
    """Published for the office's approval, not for everybody."""
    queued: float | None = None
    started: float | None = None
    ended: float | None = None
    work: float = 0.0
    """Sum of its tasks' weights: seconds of work as planned."""
    done: float = 0.0
    """Of `work`, what is finished."""
    stage: str = ""
    findings: Sequence[Mapping[str, Any]] = ()
    duration: float | None = None
    """Seconds of the lesson."""
    release: int | None = None
    """Of the lesson, published by this job."""
    status: int | None = None
    """Exit status `farm run` would have ended with."""
    error: str | None = None
    """One sentence, with the way out."""
    cancel: bool = False
    """Somebody asked for an end."""
    attempt: int = 0
    """How often it was started."""


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of a job's work that a worker does in one go."""

    job: str
    key: str
    """Hash of source, span, renditions and encoder build."""
    kind: str
    weight: float
    """Seconds of work as planned, comparable within a kind."""
    state: TaskState = TaskState.WAITING
    attempts: int = 0
    """How often it was begun."""
    node: str | None = None
    fence: int = 0
    """Of the dispatcher that touched it last."""
    until: float | None = None
    """The worker has to be heard of before."""
    started: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one task on one node."""

    id: int
    job: str
    key: str
    number: int
    """From 1 within the task."""
    kind: str
    weight: float
    node: str | None
    fence: int
    started: float
    ended: float | None = None
    outcome: Outcome | None = None
    """None: it runs."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for those who watch."""

    id: int
    """Rises in the order in which events become visible: who has read up to one misses none."""
    at: float
    base: str | None
    """Who may see it, beside office and operators; None: these alone."""
    job: str | None
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may do what one alone may do."""

    name: str
    holder: str
    fence: int
    """Rises with every taking; never reused."""
    until: float


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that works."""

    id: str
    host: str
    slots: int
    """Tasks it takes at once."""
    seen: float
    state: NodeState = NodeState.ACTIVE
    until: float | None = None
    """End of its rest."""
    failures: int = 0
    """Since it was last active."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Capsule:
    """A task that was set aside, kept so that it can be run again."""

    id: str
    job: str
    key: str
    at: float
    node: str | None
    error: str
    path: str
    """In the state folder."""
    replayed: float | None = None
    """When somebody ran it again."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job was told of when it will be ready."""

    id: int
    job: str
    at: float
    position: int
    """In the queue, from 1; 0: it runs."""
    low: float
    """Moment it is ready at the earliest."""
    likely: float
    """Moment."""
    high: float
    """Moment it is ready at the latest."""
    actual: float | None = None
    """Moment it was ready."""


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A lesson as the office sees it; numbers are of its own releases."""

    id: str
    base: str
    title: str
    category: str
    duration: float
    """Seconds."""
    updated: float
    course: str | None = None
    """Its name, as the base calls it."""
    number: int | None = None
    """Place in the course, from 1."""
    waiting: int | None = None
    """Waits for approval."""
    approved: int | None = None
    """Goes into the next catalog."""
    published: int | None = None
    """Is in the current catalog."""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The office's, on one release of one lesson."""

    id: int
    lesson: str
    release: int
    verdict: Verdict
    reason: str
    key: str | None
    """Whose key; None: from the command line."""
    at: float


@dataclass(frozen=True, slots=True)
class Course:
    id: str
    name: str
    created: float


@dataclass(frozen=True, slots=True)
class Print:
    """An order of printed discs."""

    id: int
    course: str
    kind: str
    """Of disc."""
    copies: int
    by: str
    at: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class CatalogRelease:
    """A catalog the office released."""

    number: int
    sha256: str
    """Of `releases/<number>.json`, hex."""
    version: int
    """Of the signed statement."""
    at: float
    by: str
    """Label of the key."""
    lessons: int
    added: int
    changed: int
    removed: int
    bytes: int
    """What a station that takes everything and has the release before has to fetch."""
    note: str = ""
    back_to: int | None = None
    """The earlier release whose content it has."""

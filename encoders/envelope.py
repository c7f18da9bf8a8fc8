"""A task with the name of its kind, as `TASK.json` holds it."""

import msgspec

from encoders.kinds import KINDS
from encoders.wire import dumps, loads


class _Envelope(msgspec.Struct, frozen=True):
    kind: str
    task: msgspec.Raw


def dump_task(task: object) -> bytes:
    name = type(task).__name__
    return msgspec.json.encode(_Envelope(kind=name, task=msgspec.Raw(dumps(task))))


def load_task(data: bytes) -> object:
    """Raises msgspec.ValidationError where it is not a task."""
    envelope = loads(data, _Envelope)
    if envelope.kind not in KINDS:
        raise msgspec.ValidationError(
            f"unknown kind of task {envelope.kind!r}; known: {', '.join(KINDS)}"
        )
    task: object = loads(bytes(envelope.task), KINDS[envelope.kind]().task)
    return task

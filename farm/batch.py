"""Recordings one after the other: one that fails does not stop the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from encoders.profiles import Profile
from farm.errors import EncodeFailed, FarmError
from farm.events import Emit, Failed
from farm.pipeline import Extras, Farm
from farm.request import Request
from farm.store import Store
from manifests.errors import ManifestError
from workers.errors import WorkerError

ERRORS = (FarmError, ManifestError, WorkerError, OSError)
"""Everything that may go wrong without the farm itself being wrong."""


@dataclass(frozen=True, slots=True)
class Means:
    """What recordings are produced with."""

    store: Store
    profiles: Mapping[str, Profile]
    workers: int | None
    address: str | None
    work: Path
    public_url: str | None = None
    held: bool = False
    """Lessons wait for the office instead of being published."""


def produce_all(
    means: Means,
    requests: Sequence[Request],
    emit: Emit,
    *,
    complain: Callable[[str], None] = lambda _: None,
    extras: Extras | None = None,
) -> int:
    """Make each, tell `emit` what happens and `complain` what went wrong; the exit status, which is
    the highest of all. Raises OfficeStore where it would publish in an office's store."""
    status = 0
    with Farm(
        store=means.store,
        profiles=means.profiles,
        workers=means.workers,
        address=means.address,
        work=means.work,
        emit=emit,
        public_url=means.public_url,
        held=means.held,
    ) as farm:
        for request in requests:
            try:
                farm.produce(request, extras or Extras())
            except ERRORS as error:
                failed = status_of(error)
                emit(Failed(recording=request.shown, error=str(error), status=failed))
                where = "" if request.shown in str(error) else f"{request.shown}: "
                complain(f"Error: {where}{error}")
                status = max(status, failed)
    return status


def status_of(error: Exception) -> int:
    """The farm's own errors know theirs; a worker or disk that fails is a failed encode."""
    match error:
        case FarmError():
            return error.status
        case ManifestError():
            return FarmError.status
        case _:
            return EncodeFailed.status

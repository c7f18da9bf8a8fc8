"""A job's workers: its desk at the dispatcher that all jobs share."""

from collections.abc import Callable, Sequence

from farm.service.journal import LedgerJournal
from workers.model import Call, Event, Node, Pool


class DeskCrew:
    """See `farm.crew.Crew`. `desk` opens the job's desk; nothing is started or ended but its own
    calls: workers are everybody's."""

    def __init__(
        self, desk: Callable[[], Pool], journal: LedgerJournal, job: str, base: str, *, remote: bool
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._job = job
        self._base = base
        self._remote = remote
        self._open: Pool | None = None

    @property
    def remote(self) -> bool:
        return self._remote

    def expect(self) -> None:
        return None

    def pool(self, weight: float) -> Pool:  # noqa: ARG002 - every weight gets the same desk
        if self._open is None:
            self._open = _BookedDesk(self._desk(), self._journal, self._job, self._base)
        return self._open

    def close(self) -> None:
        """Stops the job's calls; whoever asks next gets a new desk."""
        if self._open is not None:
            self._open.close()
            self._open = None


class _BookedDesk:
    """A desk whose calls are booked before they are submitted."""

    def __init__(self, desk: Pool, journal: LedgerJournal, job: str, base: str) -> None:
        self._desk = desk
        self._journal = journal
        self._job = job
        self._base = base

    @property
    def slots(self) -> int:
        return self._desk.slots

    def submit(self, call: Call, node: str | None = None) -> None:
        self._journal.book(self._job, self._base, call)
        self._desk.submit(call, node)

    def wait(self, timeout: float) -> Sequence[Event]:
        return self._desk.wait(timeout)

    def nodes(self) -> tuple[Node, ...]:
        return self._desk.nodes()

    def cancel(self, key: str) -> None:
        self._desk.cancel(key)

    def scale(self, slots: int) -> None:
        self._desk.scale(slots)

    def close(self) -> None:
        self._desk.close()

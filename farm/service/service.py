"""The service: takes up what was received, keeps jobs going, and is at the web's hand."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from encoders.profiles import Profile
from farm.errors import FarmError
from farm.ledger import LedgerError, leases
from farm.ledger.leases import DISPATCHER
from farm.office.desk import Desk
from farm.service.bulletin import plain
from farm.service.journal import LEASE
from farm.service.means import Means
from farm.service.reconcile import check_lessons, open_office, take_up
from farm.service.term import Term
from farm.signing import Signer

LOOK = 1.0
"""Seconds between two looks at the ledger; whatever is asked here wakes it at once."""
STANDBY = 3.0
"""Seconds between two tries to lead, where another process does."""

log = logging.getLogger(__name__)


class Service:
    """See `farm.web.ports.Service`. One process of all that share a ledger leads: it has the
    dispatcher. The others serve pages, and take over within seconds where it ends."""

    def __init__(self, means: Means, signer: Signer) -> None:
        self._means = means
        self._signer = signer
        self._office = Desk(means.ledger, means.store, signer)
        self._holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._term: Term | None = None
        self._thread = threading.Thread(target=self._live, name="service", daemon=True)

    def __enter__(self) -> Self:
        open_office(self._means)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._wake.set()
        self._thread.join(15)

    # --- what the web asks -----------------------------------------------------------------------

    @property
    def profiles(self) -> Mapping[str, Profile]:
        return self._means.profiles

    @property
    def holds(self) -> bool:
        return True

    @property
    def office(self) -> Desk:
        return self._office

    @property
    def leads(self) -> bool:
        """Whether the dispatcher is in this process."""
        return self._term is not None

    def submitted(self, job: str) -> None:  # noqa: ARG002 - it looks at all of them
        self._wake.set()

    def cancel(self, job: str) -> None:  # noqa: ARG002
        self._wake.set()

    def go_on(self, job: str) -> None:  # noqa: ARG002
        self._wake.set()

    def changed(self) -> None:
        self._wake.set()

    def status(self) -> Mapping[str, Any]:
        """The dispatcher's, with `leads`: whether it is here at all."""
        term = self._term
        if term is None:
            return {"leads": False}
        return {"leads": True, "holder": self._holder, **plain(term.status())}

    def scale(self, slots: int) -> None:
        """At once where the dispatcher is here; else the process that leads does it, by the switch.
        Raises WorkerError where nobody can grant them."""
        term = self._term
        if term is not None:
            term.scale(slots)

    # --- the thread ------------------------------------------------------------------------------

    def _live(self) -> None:
        while not self._ending.is_set():
            try:
                fence = self._lead()
                if fence is not None:
                    self._reign(fence)
            except FarmError as error:
                log.warning("the service waits: %s", error)
            except Exception:
                log.exception("the service begins again")
            self._ending.wait(STANDBY)

    def _lead(self) -> int | None:
        with self._means.ledger.begin() as tx:
            return leases.take(tx, DISPATCHER, self._holder, LEASE, time.time())

    def _reign(self, fence: int) -> None:
        """Until it is over: this process ends, or another one has the lease."""
        log.info("leading", extra={"fence": fence})
        waiting = take_up(self._means, fence)
        check_lessons(self._means)
        log.info("taken up", extra={"jobs": waiting})
        term = self._term = Term(self._means, self._signer, self._holder, fence, self._wake.set)
        try:
            while not self._ending.is_set() and term.error is None:
                self._wake.clear()
                try:
                    term.turn()
                except LedgerError as error:
                    log.warning("the ledger is away: %s", error)
                self._wake.wait(LOOK)
        finally:
            self._term = None
            term.close()
            self._give_up(fence)

    def _give_up(self, fence: int) -> None:
        try:
            with self._means.ledger.begin() as tx:
                leases.give(tx, DISPATCHER, self._holder, fence)
        except LedgerError as error:
            log.warning("the lease was not given up, it runs out: %s", error)

"""What is to be done now and then, aside from jobs: the catalog signed anew, old events dropped."""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

from farm.errors import FarmError
from farm.ledger import events
from farm.office.desk import Desk
from farm.service.means import Means
from farm.signing import Signer

EVERY = 3600.0
"""Seconds between two rounds."""
KEPT = 30 * 24 * 3600.0
"""Seconds for which events are kept."""

log = logging.getLogger(__name__)


class Upkeep:
    """`turn` it as often as you like: a round is done in a thread of its own, when it is due."""

    def __init__(self, means: Means, signer: Signer) -> None:
        self._means = means
        self._desk = Desk(means.ledger, means.store, signer)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="upkeep")
        self._due = 0.0
        self._running: Future[None] | None = None
        self._caught_up = False

    def turn(self) -> None:
        now = time.monotonic()
        if now < self._due or (self._running is not None and not self._running.done()):
            return
        self._due = now + EVERY
        self._running = self._threads.submit(self._round)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _round(self) -> None:
        try:
            self._keep_up(time.time())
        except FarmError as error:
            log.warning("upkeep: %s", error)
        except Exception:
            log.exception("upkeep")

    def _keep_up(self, now: float) -> None:
        with self._means.ledger.begin() as tx:
            events.sweep(tx, now - KEPT)
        if not self._caught_up:
            self._desk.catch_up()
            self._caught_up = True
        self._desk.keep_signed(now)

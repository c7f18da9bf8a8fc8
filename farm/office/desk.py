"""The office at its desk: what the ledger says is approved becomes the catalog in the store.

The store is what counts: a release is made there by one swap, and the ledger is brought in line
with it afterwards, at the next start too (`catch_up`). No transaction is held open while the store
is at work.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from farm.errors import NotFound, Overtaken, StoreError
from farm.ledger import lessons as lesson_rows
from farm.ledger import releases as release_rows
from farm.ledger import switches
from farm.ledger.engine import Ledger
from farm.ledger.model import CatalogRelease
from farm.office.difference import difference
from farm.office.draft import Draft, plan_back, plan_release, weighed
from farm.office.head import numbered_snapshot, read_head, read_snapshot
from farm.office.release import Signing, release_catalog, renew
from farm.office.settle import Settled, settle
from farm.office.shelf import check_whole, entered, published_courses, reader
from farm.signing import Signer
from farm.store import Store
from manifests.model import CatalogEntry
from manifests.snapshot import Snapshot, release_in
from manifests.statement import Statement

RENEWAL = 24 * 3600.0
"""Seconds between two signings of a catalog that stays as it is."""
_GIVEN = "catalog_signed"
"""Switch with the last version and number given out."""


@dataclass(frozen=True, slots=True)
class Desk:
    ledger: Ledger
    store: Store
    signer: Signer

    def draft(self, *, weigh: bool = True) -> Draft:
        """The catalog of all that is approved, over the current one; with what every change makes
        stations fetch where `weigh`. Nothing is written."""
        with self.ledger.read() as tx:
            wanted = lesson_rows.approved(tx)
        before = self._current()
        courses = published_courses(self.store)
        draft = plan_release(before, wanted, self._enter, courses)
        return weighed(draft, reader(self.store)) if weigh else draft

    def draft_back(self, number: int, *, weigh: bool = True) -> Draft:
        """The catalog as it was in an earlier release. Raises NotFound where there is none."""
        draft = plan_back(self._current(), self._numbered(number), self._enter)
        return weighed(draft, reader(self.store)) if weigh else draft

    def release(self, draft: Draft, now: float, *, by: str = "", note: str = "") -> CatalogRelease:
        """Make a draft the current catalog, and what leads to its lessons follow.

        Raises Overtaken where another catalog came between, StoreError where something it names is
        not there: nothing visible has then changed.
        """
        check_whole(self.store, draft)
        if not draft.difference.weighed:
            draft = weighed(draft, reader(self.store))
        made = release_catalog(self.store, draft, self._signing(now))
        row = _row(draft, made, now, by, note)
        self._record(made, row, {one: release_in(text) for one, text in draft.lessons.items()})
        self.follow()
        return row

    def seen(self, mark: str, *, back_to: int | None = None) -> Draft:
        """The draft as it is now, where it is still the one somebody looked at (`Draft.mark`).

        Raises Overtaken where it is another one by now.
        """
        draft = self.draft() if back_to is None else self.draft_back(back_to)
        if draft.mark != mark:
            raise Overtaken(
                "What is approved has changed since you looked; look at the difference again. "
                "审核结果在查看后有变化，请重新查看差异后再发布。"
            )
        return draft

    def signed(self) -> Statement | None:
        """What is signed now: version, number, until when. None where nothing is."""
        return read_head(self.store, self.signer.known).statement

    def renew(self, now: float) -> Statement:
        """Sign the current catalog again, for another 30 days."""
        made = renew(self.store, self._signing(now))
        with self.ledger.begin() as tx:
            _give(tx, made)
        return made

    def keep_signed(self, now: float, every: float = RENEWAL) -> Statement | None:
        """`renew` where the last signing is `every` seconds old; None where it is not, or nothing
        was ever signed."""
        statement = self.signed()
        if statement is None or now - statement.issued.timestamp() < every:
            return None
        return self.renew(now)

    def follow(self, *, everything: bool = False) -> Settled:
        """Lessons' own links, pages and feeds after the catalog; see `farm.office.settle`."""
        return settle(self.store, everything=everything)

    def catch_up(self) -> int:
        """After a start: rows for catalog releases whose makers ended before they wrote them;
        returns how many. Links and pages follow as well."""
        head = read_head(self.store, self.signer.known)
        snapshot = read_snapshot(self.store, head)
        if snapshot is None or head.statement is None:
            return 0
        with self.ledger.read() as tx:
            known = release_rows.get(tx, head.number)
        if known is None:
            before = self._previous(snapshot)
            draft = Draft(0, snapshot.lessons, (), difference(before, snapshot.lessons))
            row = _row(draft, head.statement, head.statement.issued.timestamp(), "", "")
            listed = {one: release_in(text) for one, text in snapshot.lessons.items()}
            self._record(head.statement, row, listed)
        self.follow()
        return int(known is None)

    def _current(self) -> Snapshot | None:
        return read_snapshot(self.store, read_head(self.store, self.signer.known))

    def _numbered(self, number: int) -> Snapshot:
        try:
            return numbered_snapshot(self.store, number)
        except NotFound as error:
            raise NotFound(
                f"There is no release {number} of the catalog; choose one of the list. "
                f"没有第 {number} 版目录，请从列表中选择。"
            ) from error

    def _previous(self, snapshot: Snapshot) -> Snapshot | None:
        try:
            return numbered_snapshot(self.store, snapshot.previous or 0)
        except StoreError:
            return None

    def _enter(self, lesson: str, release: int) -> CatalogEntry:
        return entered(self.store, lesson, release)

    def _signing(self, now: float) -> Signing:
        with self.ledger.read() as tx:
            given = switches.get(tx, _GIVEN, {})
        signing = Signing(self.signer, datetime.fromtimestamp(now, UTC))
        return replace(
            signing, version=int(given.get("version", 0)), number=int(given.get("number", 0))
        )

    def _record(self, made: Statement, row: CatalogRelease, listed: Mapping[str, int]) -> None:
        with self.ledger.begin() as tx:
            if release_rows.get(tx, row.number) is None:
                release_rows.add(tx, row)
            lesson_rows.published(tx, listed)
            _give(tx, made)


def _give(tx: Connection, made: Statement) -> None:
    """Remember what was given out: a store may be put back from an old copy."""
    switches.put(tx, _GIVEN, {"version": made.version, "number": made.number})


def _row(draft: Draft, made: Statement, now: float, by: str, note: str) -> CatalogRelease:
    changes = draft.difference
    return CatalogRelease(
        number=made.number,
        sha256=made.sha256,
        version=made.version,
        at=now,
        by=by,
        lessons=len(draft.lessons),
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.withdrawn),
        bytes=changes.total,
        note=note,
        back_to=draft.back_to,
    )

"""What an operator sees and does: the same for pages and for programs."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.ledger import bases, capsules, events, jobs, leases, nodes, numbers, switches, tasks
from farm.ledger.leases import DISPATCHER
from farm.ledger.model import Attempt, Base, Capsule, Job, Lease
from farm.ledger.states import ENDED, JobState, NodeState, Priority
from farm.store.folder import FolderStore
from farm.web.sessions import Web
from farm.web.sorry import Clash, Missing, Unclear
from workers.errors import WorkerError

LONGEST_REST = 7 * 86400.0
"""Seconds a node may be told to rest."""
LATELY = 3600.0
"""Seconds that throughput is told of."""


@dataclass(frozen=True, slots=True)
class Running:
    """A piece of work on a node."""

    job: str
    name: str
    """Of the job."""
    base: str
    key: str
    node: str
    attempt: int
    since: float | None
    pid: int | None
    done: float | None
    """0 to 1; None: not known."""


@dataclass(frozen=True, slots=True)
class NodeSeen:
    id: str
    host: str
    slots: int
    state: str
    until: float | None
    failures: int
    seen: float
    here: bool
    """Whether the dispatcher sees it now."""
    running: tuple[Running, ...]


@dataclass(frozen=True, slots=True)
class Queued:
    """What one base waits for."""

    base: str
    name_zh: str
    name: str
    weight: float
    paused: bool
    jobs: int
    """Queued, or under way."""
    hours: float
    """Of work, likewise, as planned."""
    calls: int
    """Pieces of work that wait for a slot."""
    oldest: float | None
    """Epoch seconds since which the oldest job waits."""


@dataclass(frozen=True, slots=True)
class Disk:
    name: str
    name_zh: str
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everything at one moment."""

    at: float
    nodes: tuple[NodeSeen, ...]
    queued: tuple[Queued, ...]
    paused: bool
    leads: bool
    """Whether the dispatcher is in this very process, which then knows more."""
    lease: Lease | None
    retries: int | None
    done: int | None
    failed: int | None
    """Since the dispatcher began; None where it is elsewhere."""
    scale: int | None
    """Slots asked for."""
    trouble: tuple[Attempt, ...]
    capsules: tuple[Capsule, ...]
    disks: tuple[Disk, ...]

    @property
    def slots(self) -> int:
        return sum(one.slots for one in self.nodes if one.here)

    @property
    def busy(self) -> int:
        return sum(len(one.running) for one in self.nodes)


def board(web: Web) -> Board:
    status = web.service.status()
    now = time.time()
    with web.ledger.read() as tx:
        lease = leases.get(tx, DISPATCHER)
        known = nodes.every(tx)
        at_work = tasks.running(tx)
        rows = bases.every(tx)
        backlog = {one.base: one for one in numbers.backlog(tx)}
        paused = bool(switches.get(tx, "paused", False))
        scale = switches.get(tx, "scale", None)
        trouble = tasks.ended_badly(tx, 20)
        kept = capsules.every(tx, 20)
        names = {one.id: one for one in jobs.every(tx, JobState.RUNNING)}
    now_running = _running(status, at_work, names)
    seen = {one["id"]: one for one in status.get("nodes", ())}
    waiting = {one["party"]: one for one in status.get("waiting", ())}
    return Board(
        at=now,
        nodes=tuple(
            NodeSeen(
                id=one.id,
                host=one.host,
                slots=one.slots,
                state=seen.get(one.id, {}).get("state", one.state.value),
                until=seen.get(one.id, {}).get("until", one.until),
                failures=one.failures,
                seen=one.seen,
                here=one.id in seen if status.get("leads") else now - one.seen < 60,
                running=tuple(run for run in now_running if run.node == one.id),
            )
            for one in known
            if one.id in seen or now - one.seen < 3600
        ),
        queued=tuple(_queued(one, backlog.get(one.id), waiting.get(one.id)) for one in rows),
        paused=paused,
        leads=bool(status.get("leads")),
        lease=lease,
        retries=status.get("retries"),
        done=status.get("done"),
        failed=status.get("failed"),
        scale=scale,
        trouble=trouble,
        capsules=kept,
        disks=tuple(disks(web)),
    )


def _running(
    status: Mapping[str, Any], at_work: tuple[Any, ...], names: Mapping[str, Job]
) -> list[Running]:
    """As the dispatcher tells, or, where it is in another process, as the ledger does."""
    if status.get("leads"):
        return [
            Running(
                job=one["job"],
                name=names[one["job"]].name if one["job"] in names else one["job"],
                base=one["party"],
                key=one["key"],
                node=one["node"],
                attempt=one["attempt"],
                since=one["since"],
                pid=one["pid"],
                done=one["done"],
            )
            for one in status.get("running", ())
        ]
    return [
        Running(
            job=one.job,
            name=names[one.job].name if one.job in names else one.job,
            base=names[one.job].base if one.job in names else "",
            key=one.kind,
            node=one.node or "",
            attempt=one.attempts,
            since=one.started,
            pid=None,
            done=None,
        )
        for one in at_work
    ]


def _queued(base: Base, backlog: Any, waiting: Mapping[str, Any] | None) -> Queued:
    return Queued(
        base=base.id,
        name_zh=base.name_zh,
        name=base.name,
        weight=base.weight,
        paused=base.paused,
        jobs=backlog.jobs if backlog else 0,
        hours=backlog.work / 3600 if backlog else 0.0,
        calls=waiting["calls"] if waiting else 0,
        oldest=backlog.oldest if backlog else None,
    )


def disks(web: Web) -> list[Disk]:
    """Of what is on disks of this machine."""
    places: list[tuple[str, str, Path]] = [("state", "状态目录", web.settings.state)]
    if isinstance(web.store, FolderStore):
        places.append(("store", "课件库", Path(web.store.url.removeprefix("file://"))))
    found = []
    for name, zh, path in places:
        try:
            usage = shutil.disk_usage(path)
        except OSError:
            continue
        found.append(Disk(name, zh, usage.free, usage.total))
    return found


# --- nodes and the queue -------------------------------------------------------------------------


def set_node(web: Web, id: str, state: NodeState, seconds: float | None = None) -> None:
    """Drain it, rest it for so long, or bring it back. Raises Missing, Unclear."""
    now = time.time()
    if state is NodeState.RESTING and not 0 < (seconds or 0) <= LONGEST_REST:
        raise Unclear(("休息时间应在 1 秒到 7 天之间。 A rest is 1 s to 7 days.",))
    until = {NodeState.RESTING: now + (seconds or 0), NodeState.ACTIVE: now}.get(state)
    with web.ledger.begin() as tx:
        if not nodes.change(tx, id, state=state, until=until):
            raise Missing
        events.add(tx, "node", {"node": id, "state": state.value})
    web.service.changed()


def pause(web: Web, base: str | None, paused: bool) -> None:
    """Of one base, or of everybody; what runs goes on. Raises Missing."""
    with web.ledger.begin() as tx:
        if base is None:
            switches.put(tx, "paused", paused)
        elif not bases.change(tx, base, paused=paused):
            raise Missing
        events.add(tx, "paused" if paused else "resumed", {"base": base})
    web.service.changed()


def scale(web: Web, slots: int) -> None:
    """Ask for so many slots in all; 0 takes it back. Raises Clash where nobody can grant them."""
    try:
        web.service.scale(slots)
    except WorkerError as error:
        raise Clash("当前集群不能自动增减节点。", f"{error}.") from error
    with web.ledger.begin() as tx:
        switches.put(tx, "scale", slots or None)
        events.add(tx, "scale", {"slots": slots})


# --- jobs ----------------------------------------------------------------------------------------


def any_job(web: Web, id: str) -> Job:
    """Of any base. Raises Missing."""
    with web.ledger.read() as tx:
        job = jobs.get(tx, id)
    if job is None:
        raise Missing
    return job


def reorder(web: Web, job: Job, priority: Priority | None, deadline: float | None) -> None:
    """Raises Clash where it has ended."""
    if job.state in ENDED:
        raise Clash("任务已经结束。", "The job has ended.")
    fields: dict[str, Any] = {"deadline": deadline}
    if priority is not None:
        fields["priority"] = priority
    with web.ledger.begin() as tx:
        jobs.change(tx, job.id, **fields)
        told = {"priority": fields.get("priority"), "deadline": deadline}
        events.add(tx, "reordered", told, job=job.id, base=job.base)
    web.service.changed()


def capsule_file(web: Web, id: str) -> Path:
    """Raises Missing."""
    with web.ledger.read() as tx:
        row = capsules.get(tx, id)
    path = web.settings.state / row.path if row else None
    if path is None or not path.is_file():
        raise Missing
    return path

"""What an operator sees and does: the same for pages and for programs."""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.ledger import bases, capsules, events, jobs, leases, nodes, numbers, switches, tasks
from farm.ledger.leases import DISPATCHER
from farm.ledger.model import Attempt, Base, Capsule, Job, Lease, Node
from farm.ledger.numbers import Backlog
from farm.ledger.states import ENDED, JobState, NodeState
from farm.service import bulletin
from farm.service.bulletin import EMPTY, Asked
from farm.service.scaling import BY_HAND, POLICY, Policy, policy_value, read_policy
from farm.store.folder import FolderStore
from farm.web.sessions import Web, Who
from farm.web.sorry import Clash, Missing, Unclear
from workers.errors import WorkerError

LONGEST_REST = 7 * 86400.0
"""Seconds a node may be told to rest."""
LATELY = 3600.0
"""Seconds for which a node that has gone is still shown."""
RECENT = 60.0
"""Seconds within which a node has to be seen where no dispatcher says whether it is there."""
GONE = "gone"
"""State of a node the dispatcher has lost."""


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
    empty: bool
    """Drained, and nothing of it runs any more: its machine may be switched off."""
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
    calls: int | None
    """Pieces of work that wait for a slot; None where no dispatcher says."""
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
    """Whether the dispatcher is in this very process; else it is told of as it was seconds ago."""
    lease: Lease | None
    retries: int | None
    done: int | None
    failed: int | None
    """Since the dispatcher began; None where there is none."""
    scale: int | None
    """Slots an operator asked for."""
    policy: Policy | None
    asked: Asked
    """Of the cluster, by the one or the other."""
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
    here = web.service.status()
    now = time.time()
    with web.ledger.read() as tx:
        told, asked = bulletin.read(tx)
        status = here if here.get("leads") else told
        known = nodes.every(tx)
        at_work = tasks.running(tx)
        backlog = {one.base: one for one in numbers.backlog(tx)}
        names = {one.id: one for one in jobs.every(tx, JobState.RUNNING)}
        waiting = {one["party"]: one["calls"] for one in status.get("waiting", ())}
        queued = tuple(
            _queued(one, backlog.get(one.id), waiting.get(one.id, 0) if status else None)
            for one in bases.every(tx)
        )
        return Board(
            at=now,
            nodes=tuple(_nodes(status, known, _running(status, at_work, names), now)),
            queued=queued,
            paused=bool(switches.get(tx, "paused", False)),
            leads=bool(here.get("leads")),
            lease=leases.get(tx, DISPATCHER),
            retries=status.get("retries"),
            done=status.get("done"),
            failed=status.get("failed"),
            scale=switches.get(tx, BY_HAND),
            policy=read_policy(switches.get(tx, POLICY)),
            asked=asked,
            trouble=tasks.ended_badly(tx, 20),
            capsules=capsules.every(tx, 20),
            disks=tuple(disks(web)),
        )


def _nodes(
    status: Mapping[str, Any], known: Iterable[Node], running: list[Running], now: float
) -> Iterator[NodeSeen]:
    """Those there are, and those that were seen within the hour."""
    seen = {one["id"]: one for one in status.get("nodes", ())}
    for one in known:
        if one.id not in seen and now - one.seen > LATELY:
            continue
        own = tuple(run for run in running if run.node == one.id)
        state, until = _state(one, seen.get(one.id), now)
        yield NodeSeen(
            id=one.id,
            host=one.host,
            slots=one.slots,
            state=state,
            until=until,
            failures=one.failures,
            seen=one.seen,
            here=state != GONE and (one.id in seen if status else now - one.seen < RECENT),
            empty=state == NodeState.DRAINING and one.note == EMPTY and not own,
            running=own,
        )


def _state(row: Node, seen: Mapping[str, Any] | None, now: float) -> tuple[str, float | None]:
    """With the end of its rest. What a person has asked for is so from that moment on, though the
    dispatcher may be yet to hear of it; rests by its own rule it tells."""
    if seen is not None and seen["state"] == GONE:
        return GONE, None
    if row.state is NodeState.DRAINING:
        return row.state.value, None
    if row.state is NodeState.RESTING and (row.until or 0.0) > now:
        return row.state.value, row.until
    if seen is not None and seen["state"] == NodeState.RESTING:
        return NodeState.RESTING.value, seen["until"]
    return NodeState.ACTIVE.value, None


def _running(
    status: Mapping[str, Any], at_work: tuple[Any, ...], names: Mapping[str, Job]
) -> list[Running]:
    """As the dispatcher tells, or, where there is none at present, as the ledger does."""
    if status:
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


def _queued(base: Base, backlog: Backlog | None, calls: int | None) -> Queued:
    return Queued(
        base=base.id,
        name_zh=base.name_zh,
        name=base.name,
        weight=base.weight,
        paused=base.paused,
        jobs=backlog.jobs if backlog else 0,
        hours=backlog.work / 3600 if backlog else 0.0,
        calls=calls,
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


def set_node(web: Web, who: Who, id: str, state: NodeState, seconds: float | None = None) -> None:
    """Drain it, rest it for so long, or bring it back. Raises Missing, Unclear."""
    now = time.time()
    if state is NodeState.RESTING and not 0 < (seconds or 0) <= LONGEST_REST:
        raise Unclear(("休息时间应在 1 秒到 7 天之间。 A rest is 1 s to 7 days.",))
    until = {NodeState.RESTING: now + (seconds or 0), NodeState.ACTIVE: now}.get(state)
    with web.ledger.begin() as tx:
        if not nodes.change(tx, id, state=state, until=until, note=None):
            raise Missing
        events.add(tx, "node", {"node": id, "state": state.value, "by": who.by})
    web.service.changed()


def pause(web: Web, who: Who, base: str | None, paused: bool) -> None:
    """Of one base, or of everybody; what runs goes on. Raises Missing."""
    with web.ledger.begin() as tx:
        if base is None:
            switches.put(tx, "paused", paused)
        elif not bases.change(tx, base, paused=paused):
            raise Missing
        events.add(tx, "paused" if paused else "resumed", {"base": base, "by": who.by})
    web.service.changed()


def scale(web: Web, who: Who, slots: int) -> None:
    """Ask for so many slots in all; 0 takes it back. Raises Clash where nobody can grant them, or
    a policy decides."""
    with web.ledger.read() as tx:
        decided = read_policy(switches.get(tx, POLICY))
    if decided:
        raise Clash(
            "槽位数现由自动策略决定，请先停用策略。",
            "A policy decides how many there are; turn it off first.",
        )
    try:
        web.service.scale(slots)
    except WorkerError as error:
        raise Clash("当前集群不能自动增减节点，请手动启停节点。", f"{error}.") from error
    with web.ledger.begin() as tx:
        switches.put(tx, BY_HAND, slots or None)
        events.add(tx, "scale", {"slots": slots, "by": who.by})
    web.service.changed()


def set_policy(web: Web, who: Who, policy: Policy | None) -> None:
    """None: as an operator asks by hand. Raises Unclear."""
    value = policy and policy_value(policy)
    if policy is not None and read_policy(value) is None:
        raise Unclear(
            ("最少槽位不能多于最多槽位。 There cannot be fewer slots at most than at least.",)
        )
    with web.ledger.begin() as tx:
        switches.put(tx, POLICY, value)
        events.add(tx, "scale-policy", {"policy": value, "by": who.by})
    web.service.changed()


# --- jobs ----------------------------------------------------------------------------------------


def any_job(web: Web, id: str) -> Job:
    """Of any base. Raises Missing."""
    with web.ledger.read() as tx:
        job = jobs.get(tx, id)
    if job is None:
        raise Missing
    return job


def reorder(web: Web, who: Who, job: Job, fields: Mapping[str, Any]) -> None:
    """`priority` and `deadline` (epoch seconds; None: none), what is given of them. Raises Clash
    where it has ended."""
    if job.state in ENDED:
        raise Clash("任务已经结束。", "The job has ended.")
    if not fields:
        return
    with web.ledger.begin() as tx:
        jobs.change(tx, job.id, **fields)
        events.add(tx, "reordered", {**fields, "by": who.by}, job=job.id, base=job.base)
    web.service.changed()


def capsule_file(web: Web, id: str) -> Path:
    """Raises Missing."""
    with web.ledger.read() as tx:
        row = capsules.get(tx, id)
    path = web.settings.state / row.path if row else None
    if path is None or not path.is_file():
        raise Missing
    return path

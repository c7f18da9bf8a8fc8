"""What an operator sees, as values of the API."""

from farm.ledger.model import Base, Key
from farm.service.scaling import policy_value
from farm.web.api.operator_models import (
    BaseSeen,
    BoardValue,
    CapsuleValue,
    DiskValue,
    KeyValue,
    NodeValue,
    QueueValue,
    RunningValue,
    ScalePolicy,
    TroubleValue,
)
from farm.web.running import Board, NodeSeen, Running
from farm.web.shown import iso
from farm.web.values import moment


def board_value(board: Board) -> BoardValue:
    return BoardValue(
        at=moment(board.at),
        leads=board.leads,
        leader=board.lease.holder if board.lease and board.lease.until > board.at else None,
        paused=board.paused,
        slots=board.slots,
        busy=board.busy,
        scale=board.scale,
        policy=ScalePolicy(**policy_value(board.policy)) if board.policy else None,
        asked=board.asked.slots,
        refused=board.asked.refused,
        done=board.done,
        failed=board.failed,
        retries=board.retries,
        nodes=[_node(one) for one in board.nodes],
        queues=[
            QueueValue(
                base=one.base,
                weight=one.weight,
                paused=one.paused,
                jobs=one.jobs,
                hours=one.hours,
                waiting=one.calls,
                oldest=iso(one.oldest),
            )
            for one in board.queued
        ],
        disks=[DiskValue(name=one.name, free=one.free, total=one.total) for one in board.disks],
        capsules=[
            CapsuleValue(id=one.id, job=one.job, at=moment(one.at), node=one.node, error=one.error)
            for one in board.capsules
        ],
        trouble=[
            TroubleValue(
                job=one.job,
                kind=one.kind,
                attempt=one.number,
                node=one.node,
                outcome=one.outcome.value if one.outcome else "",
                error=one.error,
                ended=iso(one.ended),
            )
            for one in board.trouble
        ],
    )


def _node(one: NodeSeen) -> NodeValue:
    return NodeValue(
        id=one.id,
        host=one.host,
        slots=one.slots,
        state=one.state,
        until=iso(one.until),
        failures=one.failures,
        here=one.here,
        empty=one.empty,
        running=[_running(run) for run in one.running],
    )


def _running(one: Running) -> RunningValue:
    return RunningValue(
        job=one.job,
        name=one.name,
        base=one.base,
        task=one.key,
        attempt=one.attempt,
        since=iso(one.since),
        pid=one.pid,
        progress=one.done,
    )


def base_value(one: Base) -> BaseSeen:
    return BaseSeen(
        id=one.id,
        name=one.name,
        name_zh=one.name_zh,
        weight=one.weight,
        hours_wanted=one.hours_wanted,
        paused=one.paused,
    )


def key_value(one: Key) -> KeyValue:
    return KeyValue(
        id=one.id,
        role=one.role.value,
        base=one.base,
        label=one.label,
        created=moment(one.created),
        used=iso(one.used),
        expires=iso(one.expires),
        revoked=iso(one.revoked),
    )

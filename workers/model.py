"""Calls, and the pools that run them. Nothing here knows what a call is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Report = Callable[[float], None]
"""A running call reports how much of itself is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Call:
    """One unit of work: `function(argument, report)` in some process of the pool.

    `function` is a module-level function; `argument` and the result are small picklable values
    (paths and hashes, never media bytes).
    """

    key: str
    """Unique within a run; names the call in events and logs."""
    function: Callable[[Any, Report], Any]
    argument: Any
    weight: float = 1.0
    """Expected work, for the order (heaviest first) and for progress."""


@dataclass(frozen=True, slots=True)
class Progress:
    key: str
    done: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A worker has begun the call. Told once an attempt, a moment after it began; of a call that
    was over before that, together with its end."""

    key: str
    node: str
    """The id of the node the worker is on."""
    pid: int
    """The worker's process, as its node counts them."""


@dataclass(frozen=True, slots=True)
class Done:
    key: str
    value: Any
    node: str | None = field(default=None, compare=False)
    """The id of the node that ran it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """One attempt ended without a result."""

    key: str
    error: str
    """What happened, one sentence."""
    retry: bool
    """Whether another attempt may help: a lost worker, a killed child; not a refused input."""
    exception: BaseException | None = None
    """What the function raised, where it could be brought back; None for a lost worker."""
    node: str | None = field(default=None, compare=False)
    """The id of the node that ran it, or was to run it; None where no worker had begun."""


Event = Progress | Placed | Done | Failed


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of a pool, or one of several workers' homes on a machine."""

    id: str
    host: str
    """Its name on the network."""
    slots: int
    """Calls it may run at once; 0 for a cluster's head that works for nobody, for one that takes
    no more calls because it is about to leave, and for a dead one."""
    alive: bool


class Pool(Protocol):
    """Runs calls, at most `slots` at once. Closing it stops all calls and children within 2 s.

    Every call ends with one Done or Failed, whatever becomes of the node that has it.
    """

    @property
    def slots(self) -> int: ...

    def submit(self, call: Call, node: str | None = None) -> None:
        """`node` is the id of the one node that may run it; None: any. Where that node is gone, or
        takes no calls, the call has `Failed` and may be tried again."""
        ...

    def wait(self, timeout: float) -> Sequence[Event]:
        """Events since the last call; waits up to `timeout` seconds for the first one."""
        ...

    def nodes(self) -> tuple[Node, ...]:
        """As they were seen a few seconds ago; dead ones are told for a while. Returns at once."""
        ...

    def cancel(self, key: str) -> None:
        """Stops the call wherever it is, and its children within 2 s; it then has `Failed` with
        `Cancelled`, unless it ended just before. Returns at once; an unknown key is nothing."""
        ...

    def scale(self, slots: int) -> None:
        """Asks for machines of at least so many slots together, from now on; 0 takes it back.
        Raises WorkerError where nothing there could start or stop any."""
        ...

    def close(self) -> None: ...

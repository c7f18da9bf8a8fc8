"""Calls, and the pools that run them. Nothing here knows what a call is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
class Done:
    key: str
    value: Any


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


Event = Progress | Done | Failed


class Pool(Protocol):
    """Runs calls, at most `slots` at once. Closing it stops all calls and children within 2 s."""

    @property
    def slots(self) -> int: ...

    def submit(self, call: Call) -> None: ...

    def wait(self, timeout: float) -> Sequence[Event]:
        """Events since the last call; waits up to `timeout` seconds for the first one."""
        ...

    def close(self) -> None: ...

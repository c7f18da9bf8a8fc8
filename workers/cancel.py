"""One flag that stops whatever a call is doing, without the call's function knowing of it.

A pool binds a flag around the function; `run_child`, deep inside, asks `cancelled()`. The flag
travels in a context variable, so calls in other threads of the process are not touched.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_flag: ContextVar[threading.Event | None] = ContextVar("workers.cancel", default=None)


@contextmanager
def cancellable(flag: threading.Event) -> Iterator[None]:
    """Within, `cancelled()` is true in this thread once `flag` is set."""
    token = _flag.set(flag)
    try:
        yield
    finally:
        _flag.reset(token)


def cancelled() -> bool:
    """Whether the call this thread works on should stop now."""
    flag = _flag.get()
    return flag is not None and flag.is_set()

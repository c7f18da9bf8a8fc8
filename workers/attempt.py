"""One attempt of a call, the same in every pool: what the function raised becomes a `Failed`."""

import pickle
import queue
import time
from collections.abc import Callable
from dataclasses import replace

from workers.cancel import cancelled
from workers.errors import Cancelled, NodeGone, Retryable
from workers.model import Call, Done, Event, Failed, Progress, Report

CANCELLED = "it was cancelled"


def attempt(call: Call, send: Callable[[Event], None], *, every: float, node: str) -> None:
    """Run the call's function here, on the node of that id; sends Progress at most every `every`
    seconds, then the end. A function whose call is cancelled hears of it when it next reports."""
    try:
        value = call.function(call.argument, _report(call.key, send, every))
    except (Exception, SystemExit) as error:
        send(replace(failed(call.key, error), node=node))
    else:
        send(Done(call.key, value, node))


def stopped(key: str, node: str | None = None) -> Failed:
    """The end of a call that was cancelled."""
    return Failed(key, CANCELLED, retry=False, exception=Cancelled(CANCELLED), node=node)


def elsewhere(key: str, node: str) -> Failed:
    """The end of a call that was meant for a node which is not there, or takes none."""
    error = f"the node {node} takes no calls; it is gone, or about to go"
    return Failed(key, error, retry=True, exception=NodeGone(error), node=node)


def failed(key: str, error: BaseException) -> Failed:
    text = str(error) or type(error).__name__
    # a full disk or a lost mount may be better on another machine, or a moment later
    return Failed(key, text, retry=isinstance(error, Retryable | OSError), exception=error)


def portable(event: Event) -> Event:
    """The event with its exception left out where that would not survive being pickled."""
    if not isinstance(event, Failed) or event.exception is None:
        return event
    try:
        pickle.loads(pickle.dumps(event.exception))  # noqa: S301 - our own bytes
    except Exception:  # whatever a foreign exception's reduce or constructor raises
        name = type(event.exception).__name__
        return replace(event, error=f"{name}: {event.error}", exception=None)
    return event


def _report(key: str, send: Callable[[Event], None], every: float) -> Report:
    last = -every

    def report(done: float) -> None:
        nonlocal last
        if cancelled():
            raise Cancelled(CANCELLED)
        now = time.monotonic()
        if now - last >= every:
            last = now
            send(Progress(key, min(max(done, 0.0), 1.0)))

    return report


def take(events: "queue.SimpleQueue[Event]", timeout: float) -> list[Event]:
    """All that is in the queue; waits up to `timeout` seconds for the first."""
    taken: list[Event] = []
    try:
        taken.append(events.get(timeout=timeout) if timeout > 0 else events.get_nowait())
        while True:
            taken.append(events.get_nowait())
    except queue.Empty:
        return taken

"""Server-sent events: what changed in the ledger, told as it changes, until who listens goes."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from farm.web.sessions import still_entitled

EVERY = 1.0
"""Seconds between two looks."""
ALIVE = 15.0
"""Seconds after which a line is sent to show that the stream is open: proxies cut silent ones."""
LONGEST = 3600.0
"""Seconds; then the browser connects again, and who it is is checked again."""
ASK_AGAIN = 10.0
"""Seconds between looks whether who listens is still who they were."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Told = tuple[str, ...]
"""Lines of events, each as `told` makes them."""


def told(data: str, *, event: str | None = None, id: int | str | None = None) -> str:
    """One event as https://html.spec.whatwg.org/multipage/server-sent-events.html has it."""
    lines = [f"id: {id}"] if id is not None else []
    lines += [f"event: {event}"] if event else []
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return "\n".join(lines) + "\n\n"


def stream(
    request: Request, look: Callable[[], Told], *, every: float = EVERY, longest: float = LONGEST
) -> StreamingResponse:
    """Calls `look` again and again, in a thread, and sends what it returns; ends when the one who
    listens may no longer: a key was revoked, a session ended."""
    closing: threading.Event = request.app.state.closing

    async def lines() -> AsyncIterator[str]:
        yield "retry: 2000\n\n"
        until = time.monotonic() + longest
        asked = sent = time.monotonic()
        while not closing.is_set():
            fresh = await run_in_threadpool(look)
            for one in fresh:
                yield one
            now = time.monotonic()
            if now - asked > ASK_AGAIN:
                asked = now
                if not await run_in_threadpool(still_entitled, request):
                    return
            if fresh:
                sent = now
            elif now - sent > ALIVE:
                sent = now
                yield ": \n\n"
            if now >= until:
                return
            await asyncio.sleep(min(every, until - now))

    return StreamingResponse(lines(), media_type="text/event-stream", headers=HEADERS)


class Part:
    """A part of a page that is sent when it has changed: `look` for `stream`."""

    def __init__(self, render: Callable[[], str], event: str) -> None:
        self._render = render
        self._event = event
        self._sent: str | None = None

    def __call__(self) -> Told:
        html = self._render()
        if html == self._sent:
            return ()
        self._sent = html
        return (told(html, event=self._event),)

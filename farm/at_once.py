"""Several requests to a store at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def at_once(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are waited for, but not where the context ends by an error or by Ctrl-C: a store
    that went silent is asked for minutes."""
    threads = ThreadPoolExecutor(count)
    try:
        yield threads
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        raise
    threads.shutdown()

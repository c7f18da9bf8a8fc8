"""Many stations at once, from a public bucket: each with its own folder, in threads."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.results import Stations
from farm.errors import FarmError
from farm.station import Options, Synced, sync
from farm.store.s3 import S3Store
from tests.farm.station.libraries import Library
from tests.seaweed import seaweed

AT_ONCE = 500
SIZE = 20_000
"""Bytes of a lesson's smallest pictures; it has seven times as much in all."""


def stations(count: int, folder: Path) -> Stations:
    """Each brings a library of one lesson, then asks again when nothing is new."""
    with seaweed(folder / "bucket") as server, _keys(server.environment):
        library = Library(S3Store(server.url))
        library.publish(1, "一课", size=SIZE, disc=False)
        library.release(datetime.now(UTC))
        options = [
            library.options(folder / f"station-{n}", server.public, connections=1, tries=8, pause=1)
            for n in range(count)
        ]
        first, wall = _all(options)
        again, unchanged = _all(options)
    done = [one for one in (*first, *again) if one is not None]
    return Stations(
        count=count,
        wall=wall,
        unchanged=unchanged,
        requests=sum(one.requests for one in done),
        failures=2 * count - len(done),
        bytes=sum(one.fetched for one in done),
    )


def _all(options: Sequence[Options]) -> tuple[list[Synced | None], float]:
    """What became of each, None where it failed, and the seconds until the last one ended."""

    def one(each: Options) -> Synced | None:
        try:
            return sync(each)
        except FarmError:
            return None

    with ThreadPoolExecutor(len(options)) as threads:
        began = time.perf_counter()
        return list(threads.map(one, options)), time.perf_counter() - began


@contextmanager
def _keys(environment: dict[str, str]) -> Iterator[None]:
    """boto3 takes them from there."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

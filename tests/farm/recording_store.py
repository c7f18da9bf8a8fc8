"""Stores that watch, and that die."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from farm.store import Info, Store, Stored


class RecordingStore:
    """Does what the store behind it does, and notes every call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.calls: list[tuple[str, str]] = []

    @property
    def written(self) -> list[str]:
        return [name for what, name in self.calls if what in ("put", "delete")]

    @property
    def url(self) -> str:
        return self._store.url

    def _note(self, what: str, name: str) -> None:
        with self._lock:
            self.calls.append((what, name))

    def _noted(self) -> None:
        """After an operation was done."""

    def probe(self) -> None:
        self._store.probe()

    def get(self, name: str) -> Stored:
        self._note("get", name)
        return self._store.get(name)

    def head(self, name: str) -> Info | None:
        self._note("head", name)
        return self._store.head(name)

    def put(
        self,
        name: str,
        data: bytes | Path,
        *,
        type: str,
        cache: str | None = None,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> str:
        self._note("put", name)
        tag = self._store.put(
            name, data, type=type, cache=cache, if_absent=if_absent, if_match=if_match
        )
        self._noted()
        return tag

    def fetch(self, name: str, path: Path) -> None:
        self._note("fetch", name)
        self._store.fetch(name, path)

    def list(self, prefix: str) -> Iterator[Info]:
        self._note("list", prefix)
        return self._store.list(prefix)

    def delete(self, name: str) -> None:
        self._note("delete", name)
        self._store.delete(name)
        self._noted()


class Killed(Exception):
    """The process is gone: nothing else is done."""


class MortalStore(RecordingStore):
    """Dies at its `last` call, counted from 1: before it is done, or right after."""

    def __init__(self, store: Store, last: int, *, done: bool) -> None:
        super().__init__(store)
        self._last = last
        self._done = done

    def _note(self, what: str, name: str) -> None:
        super()._note(what, name)
        if len(self.calls) > self._last or (len(self.calls) == self._last and not self._done):
            raise Killed(f"at call {self._last}")

    def _noted(self) -> None:
        if len(self.calls) >= self._last:
            raise Killed(f"after call {self._last}")


class SleepyStore(RecordingStore):
    """Something else happens right before its call number `step`, counted from 1."""

    def __init__(self, store: Store, step: int, meanwhile: Callable[[], object]) -> None:
        super().__init__(store)
        self._step = step
        self._meanwhile = meanwhile
        self.slept = False

    def _note(self, what: str, name: str) -> None:
        super()._note(what, name)
        if len(self.calls) == self._step:
            self.slept = True
            self._meanwhile()

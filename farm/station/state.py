"""What a station remembers in `.station/`: whom it trusts, what it has; and that one sync works."""

import errno
import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from farm.errors import StoreError
from farm.signing import Accepted, Trust
from farm.station.fetch import disk_fault
from farm.station.model import Busy

FOLDER = ".station"
UNSHOWN = "unshown"
"""Told while the station's catalog is not in line with what is held."""
_TABLES = """
create table if not exists told(name text primary key, value blob not null);
create table if not exists trusted(key blob primary key);
create table if not exists held(
  lesson text primary key, release integer not null, key text not null,
  size integer not null, moment real not null, entry text not null
);
create table if not exists unswept(lesson text primary key);
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A lesson the station has whole."""

    lesson: str
    release: int
    key: str
    """Of what the catalog said of it, and of what was chosen: see `plan.Listed.key`."""
    size: int
    """Bytes of its objects."""
    moment: float
    """Seconds since the epoch when the office published it."""
    entry: str
    """JSON of the station's own catalog about it."""


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """The station's own folder, `.station/`, for one sync alone. Raises Busy, StoreError."""
    own = folder / FOLDER
    try:
        (own / "parts").mkdir(parents=True, exist_ok=True)
        lock = (own / "lock").open("ab")
    except OSError as error:
        raise disk_fault(error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"另一个同步正在使用 {folder}；请等它结束。 "
                f"Another sync works on {folder}; wait for it to end."
            ) from None
        yield own


@contextmanager
def opened(own: Path) -> Iterator["State"]:
    """Raises StoreError where what is remembered does not read, or the disk fails."""
    name = own / "station.db"
    try:
        connection = sqlite3.connect(name, isolation_level=None)
        try:
            connection.executescript(_TABLES)
            yield State(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise disk_fault(OSError(errno.ENOSPC, "no space", str(name))) from error
        raise StoreError(
            f"本站的记录 {name} 不能用（{error}）；磁盘若正常，请删除它，带 --key 重新同步。 The "
            f"station's own notes {name} cannot be used; where the disk is sound, remove them and "
            "sync again with --key."
        ) from error


class State:
    """Every change is on the disk when its method returns. Of one thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    # --- trust ---

    def trust(self) -> Trust | None:
        """None before anything was accepted."""
        told = [self.told(name) for name in ("library", "version", "number", "sha256")]
        keys = tuple(row[0] for row in self._db.execute("select key from trusted order by key"))
        if None in told or not keys:
            return None
        library, version, number, sha256 = (value.decode() for value in told if value is not None)
        return Trust(keys, Accepted(library, int(version), int(number), sha256))

    def accept(
        self, keys: tuple[bytes, ...], accepted: Accepted, pointer: bytes, tag: str | None, url: str
    ) -> None:
        """At once: whom to trust from now on, and the pointer that said so."""
        with self._at_once():
            self._db.execute("delete from trusted")
            self._db.executemany("insert into trusted values (?)", [(key,) for key in keys])
            self.tell("library", accepted.library.encode())
            self.tell("version", str(accepted.version).encode())
            self.tell("number", str(accepted.number).encode())
            self.tell("sha256", accepted.sha256.encode())
            self.saw(pointer, tag, url)

    def saw(self, pointer: bytes, tag: str | None, url: str) -> None:
        """The pointer that is believed, and its version at that address."""
        self.tell("pointer", pointer)
        self.tell("tag", (tag or "").encode())
        self.tell("url", url.encode())

    def seen(self, url: str) -> tuple[bytes, str] | None:
        """The pointer that was believed last from that address, and its tag."""
        pointer, tag = self.told("pointer"), self.told("tag")
        if pointer is None or not tag or self.told("url") != url.encode():
            return None
        return pointer, tag.decode()

    def told(self, name: str) -> bytes | None:
        row = self._db.execute("select value from told where name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def tell(self, name: str, value: bytes) -> None:
        self._db.execute("insert or replace into told values (?, ?)", (name, value))

    def untell(self, name: str) -> None:
        self._db.execute("delete from told where name = ?", (name,))

    # --- lessons ---

    def held(self) -> dict[str, Held]:
        rows = self._db.execute("select lesson, release, key, size, moment, entry from held")
        return {row[0]: Held(*row) for row in rows}

    def counted(self) -> tuple[int, int]:
        """How many lessons are held, and their bytes."""
        count, size = self._db.execute("select count(*), sum(size) from held").fetchone()
        return int(count), int(size or 0)

    def hold(self, one: Held) -> None:
        with self._at_once():
            self._db.execute(
                "insert or replace into held values (?, ?, ?, ?, ?, ?)",
                (one.lesson, one.release, one.key, one.size, one.moment, one.entry),
            )
            self.tell(UNSHOWN, b"1")

    def drop(self, lessons: Iterable[str]) -> None:
        """They are to be swept."""
        rows = [(lesson,) for lesson in lessons]
        with self._at_once():
            self._db.executemany("delete from held where lesson = ?", rows)
            self._db.executemany("insert or ignore into unswept values (?)", rows)
            self.tell(UNSHOWN, b"1")

    def unswept(self) -> tuple[str, ...]:
        """Lessons in whose folders there may be what nothing names any more."""
        rows = self._db.execute("select lesson from unswept order by lesson")
        return tuple(row[0] for row in rows)

    def begin(self, lesson: str) -> None:
        """Objects are about to come into its folder."""
        self._db.execute("insert or ignore into unswept values (?)", (lesson,))

    def swept(self, lesson: str) -> None:
        self._db.execute("delete from unswept where lesson = ?", (lesson,))

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

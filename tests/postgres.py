"""A real PostgreSQL server of Debian's: in a folder of its own, on a socket nobody else reaches."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

PROGRAMS = Path("/usr/lib/postgresql")
USER = "postgres"
"""Who it runs as where we are root, which it refuses to be; and its first role."""
GUARDED = "guarded"
"""A role that needs a password, unlike the others."""
PATIENCE = 60.0
"""Seconds it may take to start on a busy machine."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    folder: Path
    """Of its socket."""
    process: "subprocess.Popen[bytes]"

    def url(self, database: str, user: str = USER) -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def create(self, template: str = "template0", encoding: str = "UTF8") -> str:
        """A new database, like `template`; its name."""
        name = f"t{uuid.uuid4().hex[:16]}"
        self._do(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Literal(encoding)
            )
        )
        return name

    def drop(self, name: str) -> None:
        self._do(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def cut(self, name: str) -> None:
        """Ends every connection to a database, as a server that is restarted does."""
        self._do(
            sql.SQL(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
            ).format(sql.Literal(name))
        )

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(USER), autocommit=True) as connection:
            connection.execute(statement)


def programs() -> Path | None:
    """Folder of the newest server there is; None: none is installed."""
    found = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server that is gone, with its folder, when the context ends."""
    bin = programs()
    assert bin is not None
    # Not in pytest's folders: user postgres may not look into those of root.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.getuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        _prepare(bin, folder)
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*_as_postgres(), str(bin / "postgres"), "-D", str(folder / "data")],
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        server = Postgres(folder=folder, process=process)
        try:
            _wait(server)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_postgres() -> list[str]:
    """Not as root, and never left behind by a test run that was killed."""
    change = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", *change, "--pdeathsig=QUIT"]


def _prepare(bin: Path, folder: Path) -> None:
    data = folder / "data"
    subprocess.run(
        [
            *_as_postgres(),
            *(str(bin / "initdb"), "-D", str(data), "-U", USER),
            *("-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{folder}'",
        "fsync": "off",  # the data is thrown away
        "max_connections": "200",
    }
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = {value}\n" for name, value in settings.items())
    rules = f"local all {GUARDED} scram-sha-256\nlocal all all trust\n"
    (data / "pg_hba.conf").write_text(rules, encoding="utf-8")


def _wait(server: Postgres) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(server.url(USER), autocommit=True) as connection:
                connection.execute(f"CREATE ROLE {GUARDED} LOGIN PASSWORD 'right'")
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline or server.process.poll() is not None:
                log = (server.folder / "log").read_text(encoding="utf-8", errors="replace")
                raise AssertionError(f"PostgreSQL does not start: {log[-2000:]}") from error
        time.sleep(0.05)

"""What opening a ledger makes of it, and how it says that it cannot be opened."""

import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

from farm.errors import LedgerBusy, LedgerConflict, LedgerError
from farm.ledger import Ledger, bases, open_ledger, switches
from farm.ledger import schema as tables
from farm.ledger.migrate import MIGRATIONS, revision
from farm.ledger.model import Base
from tests.postgres import GUARDED, Postgres

SENTENCE = re.compile(r"[A-Z/][^\n]*\.")


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def checks(tx: Connection) -> dict[str, set[str]]:
    found = inspect(tx)
    return {
        table: {str(one["name"]) for one in found.get_check_constraints(table)}
        for table in tables.metadata.tables
    }


# --- tables --------------------------------------------------------------------------------------


def test_migrations_end_where_the_tables_are(empty_url: str) -> None:
    ledger = open_ledger(empty_url)
    with ledger.begin() as tx:
        context = MigrationContext.configure(
            tx, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.metadata) == []
        assert revision(tx) == tables.HEAD
        migrated = checks(tx)
        # Alembic does not compare checks: the names of those that metadata makes, beside them.
        for table in ("alembic_version", *reversed(tables.metadata.sorted_tables)):
            tx.execute(text(f"DROP TABLE {table}"))
        tables.metadata.create_all(tx)
        assert checks(tx) == migrated
        assert sum(map(len, migrated.values())) > 15
    ledger.close()


def test_the_last_migration_is_the_one_opening_looks_for() -> None:
    assert scripts().get_heads() == [tables.HEAD]


def test_a_migration_can_be_installed_with_the_package() -> None:
    files = {path.stem for path in (MIGRATIONS / "versions").glob("*.py")} - {"__init__"}
    modules = [import_module(f"farm.ledger.migrations.versions.{name}") for name in files]
    assert {one.revision for one in modules} == {one.revision for one in scripts().walk_revisions()}


def test_opening_again_changes_nothing(empty_url: str) -> None:
    first = open_ledger(empty_url)
    with first.begin() as tx:
        switches.put(tx, "paused", True)
    first.close()
    second = open_ledger(empty_url)
    with second.read() as tx:
        assert switches.get(tx, "paused") is True
    second.close()


def test_processes_that_open_at_once_migrate_once(empty_url: str) -> None:
    code = "import sys; from farm.ledger import open_ledger; open_ledger(sys.argv[1]).close()"
    started = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", code, empty_url]) for _ in range(3)
    ]
    assert [one.wait(60) for one in started] == [0, 0, 0]
    ledger = open_ledger(empty_url)
    with ledger.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    ledger.close()


def test_a_migration_that_fails_leaves_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, broken, ignore=shutil.ignore_patterns("__pycache__"))
    (broken / "versions" / "v0002_broken.py").write_text(
        "from alembic import op\n"
        "revision, down_revision = '0002', '0001'\n"
        "branch_labels = depends_on = None\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (a integer)')\n"
        "    op.execute('THIS IS NOT SQL')\n"
    )
    monkeypatch.setattr("farm.ledger.migrate.MIGRATIONS", broken)
    monkeypatch.setattr("farm.ledger.migrate.HEAD", "0002")
    with pytest.raises(LedgerError):
        open_ledger(empty_url)
    monkeypatch.undo()
    ledger = open_ledger(empty_url)
    with ledger.read() as tx:
        assert "half" not in inspect(tx).get_table_names()
    ledger.close()


def test_a_newer_ledger_is_refused_and_left_alone(empty_url: str) -> None:
    ledger = open_ledger(empty_url)
    with ledger.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()
    with pytest.raises(LedgerError, match=r"newer farm \(schema 9999") as caught:
        open_ledger(empty_url)
    assert SENTENCE.fullmatch(str(caught.value))


def test_another_programs_database_is_refused(empty_url: str) -> None:
    from farm.ledger.engine import connect

    other = connect(empty_url)
    with other.begin() as tx:
        tx.execute(text("CREATE TABLE accounts (id integer)"))
    other.close()
    with pytest.raises(LedgerError, match="another program's"):
        open_ledger(empty_url)


# --- addresses -----------------------------------------------------------------------------------


def test_a_plain_path_is_a_file_in_folders_that_are_made(tmp_path: Path) -> None:
    path = tmp_path / "state" / "账本 100%.db"
    open_ledger(str(path)).close()
    assert path.stat().st_mode & 0o777 == 0o600
    again = open_ledger(f"sqlite:///{tmp_path}/state/账本 100%25.db")
    assert again.shown in (str(path), str(path.with_name("账本 100%25.db")))
    again.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "sqlite:///x.db?mode=ro",
        "sqlite://host/x.db",
        "mysql://user:secret@host/farm",
        "postgresql://user:secret@host:port/farm",
        "://secret",
    ],
)
def test_addresses_that_are_none(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LedgerError) as caught:
        open_ledger(url)
    assert SENTENCE.fullmatch(str(caught.value))
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there() -> None:
    url = "postgresql://someone:secret@127.0.0.1:1/farm?sslpassword=secret"
    with pytest.raises(LedgerError, match=r"127\.0\.0\.1:1 cannot be reached") as caught:
        open_ledger(url)
    assert SENTENCE.fullmatch(str(caught.value))
    assert "secret" not in str(caught.value)
    assert "someone" not in str(caught.value)
    assert caught.value.status == 5


def test_a_database_that_is_not_there(postgres_server: Postgres) -> None:
    with pytest.raises(LedgerError, match=r"There is no database nowhere at .*createdb"):
        open_ledger(postgres_server.url("nowhere"))


def test_a_wrong_password(postgres_server: Postgres, server_ledger: str) -> None:
    url = postgres_server.url(server_ledger, user=f"{GUARDED}:wrong")
    with pytest.raises(LedgerError, match="refused us; check user, password") as caught:
        open_ledger(url)
    assert "wrong" not in str(caught.value)


def test_a_database_without_unicode_is_refused(postgres_server: Postgres) -> None:
    name = postgres_server.create(encoding="SQL_ASCII")
    with pytest.raises(LedgerError, match=r"SQL_ASCII.*--encoding UTF8"):
        open_ledger(postgres_server.url(name))
    postgres_server.drop(name)


def test_a_server_that_was_restarted_is_found_again(
    postgres_server: Postgres, server_ledger: str
) -> None:
    name = postgres_server.create(server_ledger)
    ledger = open_ledger(postgres_server.url(name))
    with ledger.begin() as tx:
        tx.execute(select(1))
    postgres_server.cut(name)
    with ledger.begin() as tx:
        switches.put(tx, "still", "here")

    def change_cut_short() -> None:
        with ledger.begin() as tx:
            switches.put(tx, "still", "not")
            postgres_server.cut(name)
            switches.get(tx, "still")

    with pytest.raises(LedgerError, match="went away in the middle"):
        change_cut_short()
    with ledger.read() as tx:
        assert switches.get(tx, "still") == "here"
    ledger.close()
    postgres_server.drop(name)


# --- files ---------------------------------------------------------------------------------------


def test_a_file_is_kept_safe(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.db"))
    with ledger.begin() as tx:
        settings = {
            name: tx.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    ledger.close()
    assert settings == {"journal_mode": "delete", "synchronous": 2, "foreign_keys": 1}


def test_wal_is_refused(file_ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    shutil.copy(file_ledger, path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    with pytest.raises(LedgerError, match=r"WAL mode.*journal_mode=DELETE") as caught:
        open_ledger(str(path))
    assert SENTENCE.fullmatch(str(caught.value))


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database " * 100)
    with pytest.raises(LedgerError, match="is not a ledger; give another path"):
        open_ledger(str(path))
    assert path.read_bytes().startswith(b"not a database")


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened"):
        open_ledger(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be opened"):
        open_ledger(str(tmp_path / "file" / "ledger.db"))


# --- transactions --------------------------------------------------------------------------------


def test_a_change_left_by_an_error_is_none(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.begin() as tx:
            switches.put(tx, "half", 1)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    with ledger.read() as tx:
        assert switches.get(tx, "half") is None


def test_a_reader_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(LedgerError), ledger.read() as tx:
        switches.put(tx, "half", 1)
    with ledger.begin() as tx:
        assert switches.get(tx, "half") is None
        switches.put(tx, "whole", 1)


def test_a_contradiction_names_the_rule_and_no_value(ledger: Ledger) -> None:
    with pytest.raises(LedgerConflict) as caught, ledger.begin() as tx:
        bases.add(tx, Base("nj", "Nanking", "南京", created=3.0))
    assert SENTENCE.fullmatch(str(caught.value))
    assert "bases" in str(caught.value)
    assert "Nanking" not in f"{caught.value}{caught.value.__cause__}"


def test_a_reader_sees_one_state(url: str, ledger: Ledger) -> None:
    """On SQLite a writer waits for the reader's end, on PostgreSQL it does not."""
    with ledger.read() as tx:
        before = bases.every(tx)
        writing = threading.Thread(target=_put_base, args=(url,))
        writing.start()
        time.sleep(0.2)
        assert bases.every(tx) == before
    writing.join()
    with ledger.read() as tx:
        assert len(bases.every(tx)) == len(before) + 1


def _put_base(url: str) -> None:
    ledger = open_ledger(url)
    with ledger.begin() as tx:
        bases.add(tx, Base("yz", "Yangzhou", "扬州", created=4.0))
    ledger.close()


def test_who_waits_too_long_is_told(url: str) -> None:
    first, second = open_ledger(url), open_ledger(url, patience=0.3)
    with first.begin() as tx:
        switches.put(tx, "held", True)
        begun = time.monotonic()
        with pytest.raises(LedgerBusy, match="busy"), second.begin():
            pass
        assert 0.2 < time.monotonic() - begun < 5
    with second.begin() as tx:
        assert switches.get(tx, "held") is True
    first.close()
    second.close()


def test_threads_of_one_process_wait_too(url: str) -> None:
    ledger = open_ledger(url, patience=0.3)
    caught: list[Exception] = []

    def late() -> None:
        try:
            with ledger.begin():
                pass
        except LedgerBusy as error:
            caught.append(error)

    with ledger.begin():
        thread = threading.Thread(target=late)
        thread.start()
        thread.join()
    assert len(caught) == 1
    ledger.close()


def test_text_no_database_takes(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        bases.change(tx, "nj", name="a\0b\udcffc")
        switches.put(tx, "any", {"text": "a\0b\udcff", "number": 1.5, "none": None})
    with ledger.read() as tx:
        found = bases.get(tx, "nj")
        assert found
        assert (found.name[0], found.name[2]) == ("a", "b")
        assert found.name.endswith("c")
        assert "\0" not in found.name
        assert switches.get(tx, "any") == {"text": "a\0b\udcff", "number": 1.5, "none": None}

"""Tables of the ledger. What is written where is told in docs/ledger.md.

A change here needs a migration beside it, and `HEAD` names the last one.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from farm.ledger.states import (
    JobKind,
    JobState,
    NodeState,
    Outcome,
    Priority,
    Role,
    TaskState,
    UploadState,
    Verdict,
)
from farm.ledger.types import Ranked, Serial, Words, one_of

HEAD = "0001"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


_RUNNING = text("state = 'running'")

# --- who ----------------------------------------------------------------------------------------

bases = Table(
    "bases",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("name_zh", Words, nullable=False),
    Column("weight", Double, nullable=False, server_default=text("1")),
    _flag("paused"),
    Column("hours_wanted", Double),
    Column("created", Double, nullable=False),
    CheckConstraint("weight > 0", name="weight"),
    CheckConstraint("hours_wanted >= 0", name="hours_wanted"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Words, primary_key=True),
    Column("base", Words, ForeignKey("bases.id"), index=True),
    Column("role", one_of(Role, "role"), nullable=False),
    Column("hash", Words, nullable=False),
    Column("label", Words, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double),
    Column("revoked", Double),
    Column("used", Double),
    CheckConstraint("(role = 'base') = (base IS NOT NULL)", name="base"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Words, primary_key=True),
    Column("key", Words, ForeignKey("keys.id"), nullable=False, index=True),
    Column("csrf", Words, nullable=False),
    Column("created", Double, nullable=False),
    Column("seen", Double, nullable=False),
    Column("expires", Double, nullable=False, index=True),
)

# --- work ---------------------------------------------------------------------------------------

jobs = Table(
    "jobs",
    metadata,
    Column("id", Words, primary_key=True),
    Column("base", Words, ForeignKey("bases.id"), nullable=False),
    Column("lesson", Words, index=True),
    Column("kind", one_of(JobKind, "kind"), nullable=False),
    Column("name", Words, nullable=False),
    Column("path", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Words),
    Column("asked", JSON, nullable=False),
    Column("priority", Ranked(Priority), nullable=False),
    Column("deadline", Double),
    Column("state", one_of(JobState, "state"), nullable=False),
    _flag("hold"),
    Column("created", Double, nullable=False),
    Column("queued", Double),
    Column("started", Double),
    Column("ended", Double),
    Column("work", Double, nullable=False, server_default=text("0")),
    Column("done", Double, nullable=False, server_default=text("0")),
    Column("stage", Words, nullable=False, server_default=text("''")),
    Column("findings", JSON, nullable=False),
    Column("duration", Double),
    Column("release", Integer),
    Column("status", Integer),
    Column("error", Words),
    _flag("cancel"),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("size >= 0", name="size"),
    CheckConstraint("priority BETWEEN 0 AND 2", name="priority"),
    Index(None, "base", "created", "id"),
    Index(None, "state", "created"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Words, primary_key=True),
    Column("base", Words, ForeignKey("bases.id"), nullable=False),
    Column("name", Words, nullable=False),
    Column("folder", Words, nullable=False, server_default=text("''")),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False, server_default=text("0")),
    Column("sha256", Words),
    Column("state", one_of(UploadState, "state"), nullable=False),
    Column("job", Words, ForeignKey("jobs.id"), index=True),
    Column("created", Double, nullable=False),
    Column("seen", Double, nullable=False),
    CheckConstraint("received BETWEEN 0 AND size", name="received"),
    Index(None, "base", "created", "id"),
    Index(None, "state", "seen"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("job", Words, ForeignKey("jobs.id"), primary_key=True),
    Column("key", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("weight", Double, nullable=False),
    Column("state", one_of(TaskState, "state"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("node", Words),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("until", Double),
    Column("started", Double),
    Column("ended", Double),
    CheckConstraint("weight >= 0", name="weight"),
    # Of the few that run: what waits or is done is found by its name.
    Index("ix_tasks_running", "fence", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("job", Words, ForeignKey("jobs.id"), nullable=False),
    Column("key", Words, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("weight", Double, nullable=False),
    Column("node", Words),
    Column("fence", BigInteger, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double),
    Column("outcome", one_of(Outcome, "outcome")),
    Column("error", Words),
    UniqueConstraint("job", "key", "number"),
    CheckConstraint("(ended IS NULL) = (outcome IS NULL)", name="ended"),
    Index(None, "kind", "outcome", "ended"),
    Index(None, "node", "ended"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("base", Words),
    Column("job", Words),
    Column("kind", Words, nullable=False),
    Column("data", JSON, nullable=False),
    Index(None, "base", "id"),
    Index(None, "job", "id"),
    sqlite_autoincrement=True,  # a swept number must not come again: readers have passed it
)

leases = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),
    Column("holder", Words, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until", Double, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", Words, primary_key=True),
    Column("host", Words, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("state", one_of(NodeState, "state"), nullable=False),
    Column("until", Double),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("seen", Double, nullable=False),
    Column("note", Words),
    CheckConstraint("slots >= 0", name="slots"),
)

capsules = Table(
    "capsules",
    metadata,
    Column("id", Words, primary_key=True),
    Column("job", Words, ForeignKey("jobs.id"), nullable=False, index=True),
    Column("key", Words, nullable=False),
    Column("at", Double, nullable=False),
    Column("node", Words),
    Column("error", Words, nullable=False),
    Column("path", Words, nullable=False),
    Column("replayed", Double),
)

estimates = Table(
    "estimates",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("job", Words, ForeignKey("jobs.id"), nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("position", Integer, nullable=False),
    Column("low", Double, nullable=False),
    Column("likely", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("actual", Double),
    CheckConstraint("low <= likely AND likely <= high", name="range"),
    sqlite_autoincrement=True,
)

# --- the office ---------------------------------------------------------------------------------

lessons = Table(
    "lessons",
    metadata,
    Column("id", Words, primary_key=True),
    # A library may hold lessons of bases that have no key here.
    Column("base", Words, nullable=False, index=True),
    Column("title", Words, nullable=False),
    Column("category", Words, nullable=False),
    Column("course", Words),
    Column("number", Integer),
    Column("duration", Double, nullable=False),
    Column("waiting", Integer, index=True),
    Column("approved", Integer),
    Column("published", Integer),
    _flag("withdrawn"),
    Column("updated", Double, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("lesson", Words, ForeignKey("lessons.id"), nullable=False, index=True),
    Column("release", Integer, nullable=False),
    Column("verdict", one_of(Verdict, "verdict"), nullable=False),
    Column("reason", Words, nullable=False, server_default=text("''")),
    Column("key", Words, ForeignKey("keys.id")),
    Column("at", Double, nullable=False),
    sqlite_autoincrement=True,
)

courses = Table(
    "courses",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("created", Double, nullable=False),
)

course_lessons = Table(
    "course_lessons",
    metadata,
    Column("course", Words, ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("lesson", Words, ForeignKey("lessons.id"), nullable=False, index=True),
    UniqueConstraint("course", "lesson"),
)

prints = Table(
    "prints",
    metadata,
    Column("id", Serial, primary_key=True),
    # No reference: an order outlives the course it was for.
    Column("course", Words, nullable=False, index=True),
    Column("kind", Words, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Double, nullable=False),
    Column("note", Words, nullable=False, server_default=text("''")),
    CheckConstraint("copies > 0", name="copies"),
    sqlite_autoincrement=True,
)

releases = Table(
    "releases",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", Words, nullable=False),
    Column("version", BigInteger, nullable=False, unique=True),
    Column("at", Double, nullable=False),
    Column("by", Words, nullable=False),
    Column("note", Words, nullable=False, server_default=text("''")),
    Column("lessons", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("back_to", Integer, ForeignKey("releases.number")),
)

switches = Table(
    "switches",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", JSON, nullable=False),
)

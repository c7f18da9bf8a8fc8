"""The first tables.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Types as they were, whatever farm.ledger.types becomes.
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    _who()
    _jobs()
    _tasks()
    _around()
    _office()
    _courses()


def _who() -> None:
    op.create_table(
        "bases",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("name_zh", WORDS, nullable=False),
        sa.Column("weight", sa.Double(), server_default=sa.text("1"), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("hours_wanted", sa.Double(), nullable=True),
        sa.Column("created", sa.Double(), nullable=False),
        sa.CheckConstraint("hours_wanted >= 0", name=op.f("ck_bases_hours_wanted")),
        sa.CheckConstraint("weight > 0", name=op.f("ck_bases_weight")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bases")),
    )
    op.create_table(
        "keys",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("base", WORDS, nullable=True),
        sa.Column("role", _one_of("role", "base", "office", "operator"), nullable=False),
        sa.Column("hash", WORDS, nullable=False),
        sa.Column("label", WORDS, nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=True),
        sa.Column("revoked", sa.Double(), nullable=True),
        sa.Column("used", sa.Double(), nullable=True),
        sa.CheckConstraint("(role = 'base') = (base IS NOT NULL)", name=op.f("ck_keys_base")),
        sa.ForeignKeyConstraint(["base"], ["bases.id"], name=op.f("fk_keys_base")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_index(op.f("ix_keys_base"), "keys", ["base"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("csrf", WORDS, nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_sessions_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires"), "sessions", ["expires"], unique=False)
    op.create_index(op.f("ix_sessions_key"), "sessions", ["key"], unique=False)


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("base", WORDS, nullable=False),
        sa.Column("lesson", WORDS, nullable=True),
        sa.Column("kind", _one_of("kind", "lesson", "mend"), nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("path", WORDS, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", WORDS, nullable=True),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("deadline", sa.Double(), nullable=True),
        sa.Column(
            "state",
            _one_of(
                "state",
                "received",
                "inspecting",
                "asking",
                "queued",
                "running",
                "done",
                "failed",
                "refused",
                "cancelled",
            ),
            nullable=False,
        ),
        sa.Column("hold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("queued", sa.Double(), nullable=True),
        sa.Column("started", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("work", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("done", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("stage", WORDS, server_default=sa.text("''"), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("release", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", WORDS, nullable=True),
        sa.Column("cancel", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("priority BETWEEN 0 AND 2", name=op.f("ck_jobs_priority")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_jobs_size")),
        sa.ForeignKeyConstraint(["base"], ["bases.id"], name=op.f("fk_jobs_base")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        op.f("ix_jobs_base_created_id"), "jobs", ["base", "created", "id"], unique=False
    )
    op.create_index(op.f("ix_jobs_lesson"), "jobs", ["lesson"], unique=False)
    op.create_index(op.f("ix_jobs_state_created"), "jobs", ["state", "created"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("base", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("folder", WORDS, server_default=sa.text("''"), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sha256", WORDS, nullable=True),
        sa.Column(
            "state",
            _one_of("state", "receiving", "checking", "whole", "damaged", "gone"),
            nullable=False,
        ),
        sa.Column("job", WORDS, nullable=True),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.CheckConstraint("received BETWEEN 0 AND size", name=op.f("ck_uploads_received")),
        sa.ForeignKeyConstraint(["base"], ["bases.id"], name=op.f("fk_uploads_base")),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_uploads_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(
        op.f("ix_uploads_base_created_id"), "uploads", ["base", "created", "id"], unique=False
    )
    op.create_index(op.f("ix_uploads_job"), "uploads", ["job"], unique=False)
    op.create_index(op.f("ix_uploads_state_seen"), "uploads", ["state", "seen"], unique=False)


def _tasks() -> None:
    op.create_table(
        "events",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("base", WORDS, nullable=True),
        sa.Column("job", WORDS, nullable=True),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_events_at"), "events", ["at"], unique=False)
    op.create_index(op.f("ix_events_base_id"), "events", ["base", "id"], unique=False)
    op.create_index(op.f("ix_events_job_id"), "events", ["job", "id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("job", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("node", WORDS, nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column(
            "outcome", _one_of("outcome", "done", "failed", "lost", "cancelled"), nullable=True
        ),
        sa.Column("error", WORDS, nullable=True),
        sa.CheckConstraint("(ended IS NULL) = (outcome IS NULL)", name=op.f("ck_attempts_ended")),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_attempts_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("job", "key", "number", name=op.f("uq_attempts_job_key_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_attempts_kind_outcome_ended"),
        "attempts",
        ["kind", "outcome", "ended"],
        unique=False,
    )
    op.create_index(op.f("ix_attempts_node_ended"), "attempts", ["node", "ended"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("job", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column(
            "state",
            _one_of("state", "waiting", "running", "done", "failed", "aside"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("node", WORDS, nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("started", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_tasks_weight")),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_tasks_job")),
        sa.PrimaryKeyConstraint("job", "key", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_running",
        "tasks",
        ["fence"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )


def _around() -> None:
    op.create_table(
        "leases",
        sa.Column("name", WORDS, nullable=False),
        sa.Column("holder", WORDS, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "nodes",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("host", WORDS, nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("state", _one_of("state", "active", "draining", "resting"), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.Column("note", WORDS, nullable=True),
        sa.CheckConstraint("slots >= 0", name=op.f("ck_nodes_slots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.create_table(
        "switches",
        sa.Column("name", WORDS, nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
    op.create_table(
        "capsules",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("job", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("node", WORDS, nullable=True),
        sa.Column("error", WORDS, nullable=False),
        sa.Column("path", WORDS, nullable=False),
        sa.Column("replayed", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_capsules_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsules")),
    )
    op.create_index(op.f("ix_capsules_job"), "capsules", ["job"], unique=False)
    op.create_table(
        "estimates",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("job", WORDS, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("likely", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("actual", sa.Double(), nullable=True),
        sa.CheckConstraint("low <= likely AND likely <= high", name=op.f("ck_estimates_range")),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_estimates_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_estimates_job"), "estimates", ["job"], unique=False)


def _office() -> None:
    op.create_table(
        "lessons",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("base", WORDS, nullable=False),
        sa.Column("title", WORDS, nullable=False),
        sa.Column("category", WORDS, nullable=False),
        sa.Column("course", WORDS, nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=True),
        sa.Column("approved", sa.Integer(), nullable=True),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
    )
    op.create_index(op.f("ix_lessons_base"), "lessons", ["base"], unique=False)
    op.create_index(op.f("ix_lessons_waiting"), "lessons", ["waiting"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("lesson", WORDS, nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            _one_of("verdict", "approved", "rejected", "withdrawn", "restored"),
            nullable=False,
        ),
        sa.Column("reason", WORDS, server_default=sa.text("''"), nullable=False),
        sa.Column("key", WORDS, nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_decisions_key")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_decisions_lesson")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_decisions_lesson"), "decisions", ["lesson"], unique=False)


def _courses() -> None:
    op.create_table(
        "courses",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("name", name=op.f("uq_courses_name")),
    )
    op.create_table(
        "prints",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("course", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("note", WORDS, server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("copies > 0", name=op.f("ck_prints_copies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prints")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_prints_course"), "prints", ["course"], unique=False)
    op.create_table(
        "releases",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", WORDS, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("note", WORDS, server_default=sa.text("''"), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("back_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["back_to"], ["releases.number"], name=op.f("fk_releases_back_to")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_releases")),
        sa.UniqueConstraint("version", name=op.f("uq_releases_version")),
    )
    op.create_table(
        "course_lessons",
        sa.Column("course", WORDS, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("lesson", WORDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["course"], ["courses.id"], name=op.f("fk_course_lessons_course"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_course_lessons_lesson")),
        sa.PrimaryKeyConstraint("course", "position", name=op.f("pk_course_lessons")),
        sa.UniqueConstraint("course", "lesson", name=op.f("uq_course_lessons_course_lesson")),
    )
    op.create_index(op.f("ix_course_lessons_lesson"), "course_lessons", ["lesson"], unique=False)

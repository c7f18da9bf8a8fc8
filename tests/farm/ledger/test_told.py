"""The page on the ledger tells its tables and the states of a job; values have their columns."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from farm.ledger import model, schema
from farm.ledger.states import MOVES, UNFINISHED, JobState

PAGE = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")

VALUES = {
    "bases": model.Base,
    "keys": model.Key,
    "sessions": model.Session,
    "uploads": model.Upload,
    "jobs": model.Job,
    "tasks": model.Task,
    "attempts": model.Attempt,
    "events": model.Event,
    "leases": model.Lease,
    "nodes": model.Node,
    "capsules": model.Capsule,
    "estimates": model.Estimate,
    "lessons": model.LessonRow,
    "decisions": model.Decision,
    "courses": model.Course,
    "prints": model.Print,
    "releases": model.CatalogRelease,
}


@pytest.mark.parametrize("table", sorted(VALUES))
def test_a_value_has_the_columns_of_its_table(table: str) -> None:
    columns = {one.name: one.nullable for one in schema.metadata.tables[table].columns}
    optional = {one.name: "None" in str(one.type) for one in fields(VALUES[table])}
    assert optional == columns


def test_every_table_has_a_value_and_is_told() -> None:
    tables = set(schema.metadata.tables)
    assert tables - {"course_lessons", "switches"} == set(VALUES)
    part = PAGE.partition("## Tables")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", part, re.M)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == tables


def test_the_moves_of_a_job_are_told() -> None:
    rows = re.findall(r"^   \| (.*?) \| (`.*?) \|$", PAGE, re.M)
    told: dict[str, set[str]] = {state: set() for state in JobState}
    for left, right in rows:
        states = re.findall(r"`(\w+)`", left) or list(UNFINISHED)
        for state in states:
            told[state] |= set(re.findall(r"`(\w+)`", right))
    assert told == {str(state): {str(one) for one in after} for state, after in MOVES.items()}

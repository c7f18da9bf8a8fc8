"""What the documentation says of profiles, categories, events and packages is what there is."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from encoders.profiles import load
from farm.categories import DEFAULTS
from farm.events import Event, Progressed, Stage

ROOT = Path(__file__).parents[2]
SCHEMAS = json.loads((ROOT / "encoders" / "profiles" / "schema.json").read_text(encoding="utf-8"))


def read(page: str) -> str:
    """A page without its examples."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


PROFILES, OPERATION = read("profiles"), read("operation")


def section(text: str, heading: str) -> str:
    """From a heading to the next one of its rank or a higher one."""
    rank = heading.count("#")
    found = re.search(rf"^{heading}\n(.*?)(?=^#{{1,{rank}}} |\Z)", text, re.M | re.S)
    assert found, heading
    return found[1]


def cells(text: str, column: int = 0) -> Iterator[str]:
    """What stands in one column of every table."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield line.split("|")[column + 1].strip()


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """Names at every depth of a kind's schema."""
    if "$ref" in schema:
        schema = SCHEMAS["$defs"][schema["$ref"].rpartition("/")[2]]
    for name, value in schema.get("properties", {}).items():
        yield name
        yield from keys(value)
    if "items" in schema:
        yield from keys(schema["items"])


def test_every_built_in_profile_is_listed_with_its_kind() -> None:
    table = section(PROFILES, "# Profiles").partition("\n## ")[0]
    listed = {
        name: kind.strip("`")
        for names, kind in zip(cells(table), cells(table, 1), strict=True)
        for name in re.findall(r"`([a-z-]+)`", names)
    }
    assert listed == {one.name: one.kind for one in load().values()}


@pytest.mark.parametrize("kind", sorted(SCHEMAS["kinds"]))
def test_every_key_of_a_kind_is_told(kind: str) -> None:
    part = section(PROFILES, "## One of your own")
    common, _, kinds = part.partition("\n### ")
    own = next(one for one in kinds.split("\n### ") if f"`{kind}`" in one.splitlines()[0])
    # A kind may be told by what it has beyond another.
    others = re.findall(r"The keys of `(\w+)`", own)
    texts = [common, own, *(section(part, f"### `{other}`") for other in others)]
    told = set(re.findall(r"`([a-z_]+)`", "\n".join(texts)))
    told |= set(re.findall(r"\[+([a-z_]+)\]+", "\n".join(texts)))
    assert set(keys(SCHEMAS["kinds"][kind])) - told == set()


@pytest.mark.parametrize("page", ["profiles", "import"])
def test_what_a_category_gets(page: str) -> None:
    rows = re.findall(r"^\| (`\w+` \S+.*?) \| `([a-z -]+)` \|$", read(page), re.M)
    told = {
        category: tuple(profiles.split())
        for categories, profiles in rows
        for category in re.findall(r"`(\w+)`", categories)
    }
    assert told == {str(category): names for category, names in DEFAULTS.items()}


def test_every_event_and_stage_is_told_with_its_fields() -> None:
    table = section(OPERATION, "### Events")
    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.M))
    expected = {
        "progress" if event is Progressed else event.__name__.lower(): event
        for event in get_args(Event)
    }
    assert told.keys() == expected.keys()
    for name, event in expected.items():
        for field in fields(event):
            assert field.name == "recording" or f"`{field.name}`" in told[name], (name, field.name)
    assert [stage for stage in Stage if f"`{stage}`" not in told["progress"]] == []


def test_every_debian_package_is_told() -> None:
    listed = (ROOT / "packages" / "apt-runtime.txt").read_text().splitlines()
    table = section(OPERATION, "## One machine").partition("\n### ")[0]
    told = {name for one in cells(table) for name in re.findall(r"`([a-z-]+)`", one)}
    assert told == {name for name in listed if not name.startswith("#")}

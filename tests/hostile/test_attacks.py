"""Every attack ends as its table says: refused with a reason, or mended; and it reaches nothing."""

import time
from pathlib import Path

import pytest

from encoders.facts import Facts, Severity
from encoders.tasks import InspectTask, Limits
from farm.child import run_task
from tests.hostile.attack import Attack
from tests.hostile.bombs import BOMBS
from tests.hostile.damage import DAMAGE, FUZZ
from tests.hostile.names import FILE_NAMES
from tests.hostile.references import REFERENCES
from tests.hostile.scene import healthy, scene

PATIENCE = 60
"""Seconds; a file that keeps a child busy for longer has done harm."""


def inspected(path: Path, folder: Path) -> Facts:
    """Facts of an upload, from a sandboxed child as the farm starts it."""
    folder.mkdir()
    task = InspectTask(source=str(path), limits=Limits())
    began = time.monotonic()
    facts = run_task(task, Facts, [path], folder, lambda _: None)
    assert time.monotonic() - began < PATIENCE
    return facts


def refusals(facts: Facts) -> set[str]:
    return {finding.code for finding in facts.findings if finding.severity is Severity.REFUSAL}


@pytest.mark.parametrize(
    "attack", REFERENCES + BOMBS + DAMAGE + FUZZ, ids=lambda attack: attack.name
)
def test_it_ends_as_expected(attack: Attack, tmp_path: Path) -> None:
    with scene(tmp_path) as place:
        facts = inspected(attack.make(place), tmp_path / "work")
        assert place.canary.heard == []
    codes = refusals(facts)
    if attack.refused:
        assert codes & attack.refused, f"refused as {codes}, expected one of {attack.refused}"
    elif attack.refused is not None:
        assert not codes
    if not codes:
        assert facts.video or facts.audio
        assert 0 < facts.duration <= Limits().duration
    assert facts.video is None or facts.video.height != 96, "the secret was read"


@pytest.mark.parametrize("name", FILE_NAMES)
def test_a_file_name_is_only_a_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(healthy("mp4"))
    facts = inspected(path, tmp_path / "work")
    assert refusals(facts) == set()
    assert facts.video is not None
    assert (facts.video.width, facts.video.height) == (160, 120)

"""What decides a piece's bytes is in its key, and nothing else is."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from encoders.datadisc.task import DataDiscTask
from encoders.profiles import load
from encoders.tasks import Artifact, Caption, SoundResult
from farm.errand import piece_of
from farm.keys import Part, parts_of, product_part
from farm.plan import Material, Plan, Reel, Wanted, make_plan
from farm.tools import tools_of
from tests.facts import audio, facts, video

PROFILES = load()
CAPTION = Caption(Fraction(1), Fraction(2), "滴灌")


def plan(*names: str, path: str = "a.mp4", **wanted: Any) -> Plan:
    reel = Reel(Material(path, "ab" * 32, 1), facts(video(60), (audio(60),)))
    chosen = tuple(wanted.pop("profiles", PROFILES)[name] for name in names)
    return make_plan(Wanted((reel,), 0, chosen, **wanted))


def keys(made: Plan) -> dict[str | None, str]:
    return {one.rendition: one.key for one in parts_of(made.chunks[0].task, ["ab" * 32])}


def changed(before: Plan, after: Plan) -> set[str | None]:
    """Parts of the first chunk that would be made anew."""
    known = keys(before)
    return {name for name, key in keys(after).items() if known.get(name) != key}


def test_a_profile_beside_and_a_path_elsewhere_change_no_key() -> None:
    alone = plan("hls", "broadcast")
    together = plan("hls", "broadcast", "dvd", "vcd", path="/elsewhere/b.mp4")
    assert {str(name)[:3] for name in changed(alone, together)} == {"dvd", "vcd"}


def test_captions_change_only_what_they_are_drawn_into() -> None:
    names = ("hls", "broadcast", "dvd", "vcd")
    drawn = changed(plan(*names), plan(*names, burn=(CAPTION,)))
    assert {str(name).partition("-")[0] for name in drawn} == {"broadcast", "vcd"}


def test_one_streams_rate_changes_that_stream_alone() -> None:
    profile: Any = PROFILES["broadcast"]
    first, *others = profile.streams
    other = replace(profile, streams=(replace(first, total=first.total + 8000), *others))
    after = plan("broadcast", profiles={"broadcast": other})
    assert changed(plan("broadcast"), after) == {f"broadcast-{first.name}"}


def test_what_a_sound_cost_is_no_part_of_its_piece() -> None:
    file = Artifact("a-0123456789ab.mp3", 1, "ab" * 32, "audio/mpeg")
    sound = SoundResult(
        file, "mp3", 48_000, 48_000, 0, Fraction(0), -16.0, -2.0, 0, {"encode": 0.1}
    )
    again = replace(sound, cpu={"encode": 0.2})
    part = Part("ab" * 32, None)
    assert piece_of(sound, part) == piece_of(again, part)


def test_another_version_of_a_program_makes_another_disc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disc = DataDiscTask("datadisc", "A", "A", 1, 1, (), (), 1 << 30, inputs="", folder="")
    found = set()
    for version in ("1.1.10", "1.1.11"):
        program = tmp_path / version / "genisoimage"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        found.add(product_part(disc, tools_of("datadisc")).key)
    assert len(found) == 2
    elsewhere = replace(disc, inputs="/in", folder="/out")
    assert product_part(elsewhere, tools_of("datadisc")).key in found

"""What is handed in with a recording: understood, kept, read back; or every fault at once."""

import json

import pytest

from encoders.profiles import load
from farm.model import Category
from farm.service.asked import BadAsked, asked_value, read_asked
from tests.farm_run import SMALL_PROFILE

PROFILES = load(())


def test_what_was_said_is_cleaned_and_reads_back_the_same() -> None:
    value = {
        "metadata": {
            "title": " 滴灌\u202e  技术 ",
            "category": "农科片",
            "number": "第 3 讲",
            "keywords": "番茄；滴灌",
            "speaker": "",
            "awards": None,
        },
        "profiles": ["hls", "dvd", "hls"],
        "go_on": True,
    }
    handed = read_asked(value, PROFILES)
    assert handed.said == {
        "title": "滴灌 技术",
        "category": Category.AGRICULTURE,
        "number": 3,
        "keywords": ("番茄", "滴灌"),
        "speaker": "",
    }
    assert handed.profiles == ("hls", "dvd")
    kept = json.loads(json.dumps(asked_value(handed)))
    assert read_asked(kept, PROFILES) == handed


def test_nothing_said_is_nothing_asked() -> None:
    handed = read_asked({}, PROFILES)
    assert (handed.said, handed.profiles, handed.burn, handed.go_on) == ({}, None, None, False)


def test_every_fault_is_told_at_once() -> None:
    value = {
        "metadata": {"category": "opera", "base": "other", "number": -1},
        "profiles": ["vhs"],
        "burn": "yes",
        "shell": "rm",
    }
    with pytest.raises(BadAsked) as caught:
        read_asked(value, PROFILES)
    told = "\n".join(caught.value.faults)
    for word in ("opera", "'base'", "-1", "vhs", "'burn'", "'shell'"):
        assert word in told


@pytest.mark.parametrize("value", [None, [], "hls", {"metadata": []}, {"profiles": "hls"}])
def test_what_is_no_object_is_told_so(value: object) -> None:
    with pytest.raises(BadAsked):
        read_asked(value, PROFILES)


def test_profiles_that_do_not_go_together_are_told() -> None:
    with pytest.raises(BadAsked, match="one streaming profile"):
        read_asked({"profiles": ["hls", "small"]}, load((SMALL_PROFILE,)))

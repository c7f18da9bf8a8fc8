"""What is made where nobody asked: by category, unless the base or the province wants other."""

from pathlib import Path

import pytest

from farm.categories import NO_BASES, BadBases, default_profiles, read_bases
from farm.model import Category, Metadata
from farm.request import Asked, Request, request_of

FILE = """
["*".profiles]
computer = ["hls", "download", "datadisc"]

[changsha]
name = "长沙"

[changsha.profiles]
feature = ["hls", "dvd"]

[yueyang]
"""


@pytest.mark.parametrize(
    ("category", "profiles"),
    [
        (Category.FEATURE, ("hls", "broadcast", "dvd")),
        (Category.AGRICULTURE, ("hls", "broadcast", "dvd")),
        (Category.COMPUTER, ("hls", "download")),
        (Category.AUDIO, ("audio",)),
    ],
)
def test_each_category_has_its_ways_of_delivery(
    category: Category, profiles: tuple[str, ...]
) -> None:
    assert default_profiles(category, "changsha", NO_BASES) == profiles


def test_a_base_wins_over_the_province_and_the_province_over_the_category() -> None:
    bases = read_bases(FILE.encode(), "bases.toml")
    assert default_profiles(Category.FEATURE, "changsha", bases) == ("hls", "dvd")
    assert default_profiles(Category.COMPUTER, "changsha", bases)[-1] == "datadisc"
    assert default_profiles(Category.COMPUTER, "elsewhere", bases)[-1] == "datadisc"
    assert default_profiles(Category.AUDIO, "yueyang", bases) == ("audio",)
    assert bases["changsha"].name == "长沙"


def test_every_fault_is_named() -> None:
    text = (
        '["Chang Sha"]\nname = 3\ncolour = "x"\n["a".profiles]\nmusic = ["hls"]\naudio = []\n'
        'feature = ["../x"]\n[b]\nprofiles = 3\n'
    )
    with pytest.raises(BadBases) as caught:
        read_bases(f"c = 1\n{text}".encode(), "bases.toml")
    said = str(caught.value).splitlines()
    assert len(said) == 8
    for word in ("'c'", "Chang Sha", "'name'", "colour", "music", "'audio'", "'feature'", "['b'"):
        assert any(word in line for line in said), word
    assert all(line.startswith("bases.toml, ") for line in said)


def test_a_base_has_clips_of_its_own(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4", "lecture.mp4"):
        (tmp_path / name).write_bytes(b"x")
    text = '["*".clips]\nintro = "a.mp4"\noutro = "b.mp4"\n[changsha.clips]\nintro = "c.mp4"\n'
    bases = read_bases(text.encode(), "bases.toml", tmp_path)
    recording = tmp_path / "lecture.mp4"
    there = request_of(recording, "x", Asked({"base": "changsha"}), bases=bases)
    assert (there.intro, there.outro) == (tmp_path / "c.mp4", tmp_path / "b.mp4")
    own = request_of(recording, "x", Asked({"base": "changsha"}, intro=recording), bases=bases)
    assert own.intro == recording
    elsewhere = request_of(recording, "x", Asked({"base": "yueyang"}), bases=bases)
    assert (elsewhere.intro, elsewhere.ident_before) == (tmp_path / "a.mp4", None)


@pytest.mark.parametrize("clip", ['intro = "none.mp4"', 'logo = "a.png"', "intro = 3"])
def test_a_clip_that_is_not_there_is_named(clip: str, tmp_path: Path) -> None:
    with pytest.raises(BadBases, match=r"\['changsha'\.clips\]"):
        read_bases(f"[changsha.clips]\n{clip}\n".encode(), "bases.toml", tmp_path)


@pytest.mark.parametrize(
    "data", [b"\xff", b"[", b"a = " + b"[" * 100_000, b"#" * (1 << 20) + b"##"]
)
def test_what_is_no_file_of_bases_is_refused(data: bytes) -> None:
    with pytest.raises(BadBases, match=r"bases\.toml"):
        read_bases(data, "bases.toml")


def request(profiles: tuple[str, ...] | None, category: Category | None) -> Request:
    metadata = Metadata(title=None, base="changsha", category=category)
    return Request(Path("a"), "a", metadata, profiles, (), *[None] * 4, bases=NO_BASES)


def test_what_is_asked_wins_then_the_category_then_what_was_before() -> None:
    before = ("hls", "vcd")
    assert request(("audio",), Category.FEATURE).wanted(before) == ("audio",)
    assert request(None, Category.COMPUTER).wanted(before) == ("hls", "download")
    assert request(None, None).wanted(before) == before
    assert request(None, None).wanted(()) == ("hls",)

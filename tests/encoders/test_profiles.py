"""Profiles: the built-in ones load, one's own are added, and every fault is named at once."""

from pathlib import Path

import pytest

from encoders.profiles import ProfileError, load

BUILT_IN = Path(__file__).parents[2] / "encoders" / "profiles" / "hls.toml"


def test_hls_is_what_the_documentation_says() -> None:
    rungs = load()["hls"].video
    assert [(r.name, r.preset, r.crf) for r in rungs] == [
        (name, "medium", 24.0) for name in ("240p", "360p", "480p", "720p", "1080p")
    ]
    assert [r.maxrate for r in rungs][1:] == [300_000, 600_000, 1_200_000, 2_400_000]


def test_a_profile_of_ones_own_replaces_the_built_in_of_that_name(tmp_path: Path) -> None:
    text = BUILT_IN.read_text(encoding="utf-8").replace("maxrate = 600\n", "maxrate = 500\n")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    (tmp_path / "other.toml").write_text(
        text.replace('name = "hls"', 'name = "other"'), encoding="utf-8"
    )
    loaded = load([tmp_path])
    assert loaded["hls"].video[2].maxrate == loaded["other"].video[2].maxrate == 500_000


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = BUILT_IN.read_text(encoding="utf-8")
    (tmp_path / "a.toml").write_text(
        text.replace('preset = "medium"', 'preset = "quick"', 1)
        .replace("size = 360", "size = 361")
        .replace("segment = 6", 'segment = "six"'),
        encoding="utf-8",
    )
    (tmp_path / "b.toml").write_text("name = ", encoding="utf-8")
    (tmp_path / "c.toml").write_text(text.replace("size = 720", "size = 240"), encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load([tmp_path])
    message = str(caught.value)
    for fault in ("a.toml: segment", "a.toml: video[0].preset", "a.toml: video[1].size", "b.toml"):
        assert fault in message
    assert "'720p' must be larger than '480p'" in message


@pytest.mark.parametrize("name", ["audio", "audio-2", "subtitles-1", "thumbnails", "poster"])
def test_a_rung_cannot_have_the_name_of_another_file(tmp_path: Path, name: str) -> None:
    text = BUILT_IN.read_text(encoding="utf-8").replace('name = "480p"', f'name = "{name}"')
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load([tmp_path])
    fault = str(caught.value)
    assert fault.startswith(f"mine.toml: video: a rung cannot be named '{name}'")
    assert "audio, subtitles, thumbnails, poster" in fault


def test_a_folder_without_profiles_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="no profile here"):
        load([tmp_path])

"""`farm profiles`: whose file a profile comes from."""

from pathlib import Path

from click.testing import CliRunner

from farm.cli.profiles import profiles

BUILT_IN = Path(__file__).parents[2] / "encoders" / "profiles" / "hls.toml"


def test_a_file_that_replaces_a_profile_is_named(tmp_path: Path) -> None:
    text = BUILT_IN.read_text(encoding="utf-8")
    names = {"a/village.toml": "hls", "a/other.toml": "village", "b/town.toml": "hls"}
    for place, name in names.items():
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace('name = "hls"', f'name = "{name}"'), encoding="utf-8")
    folders = [part for one in ("a", "b") for part in ("--profile-dir", str(tmp_path / one))]
    output = CliRunner().invoke(profiles, folders).output
    told = [line for line in output.splitlines() if " replaces " in line]
    assert told == [
        f"{tmp_path}/a/village.toml replaces the built-in hls.",
        f"{tmp_path}/b/town.toml replaces hls of {tmp_path}/a/village.toml.",
    ]


def test_without_files_of_ones_own_nothing_is_replaced() -> None:
    assert "replaces" not in CliRunner().invoke(profiles).output

"""What the documentation says of the commands is what they take, and the other way round."""

import re
from pathlib import Path

import click
import pytest

from farm.cli.main import farm

TEXT = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
SECTIONS = {
    match[1]: match[2]
    for match in re.finditer(r"^## `farm (\w+).*?`\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
}


def options_of(command: click.Command) -> set[str]:
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    }


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(SECTIONS) == set(farm.commands)


@pytest.mark.parametrize("name", sorted(farm.commands))
def test_options_agree(name: str) -> None:
    documented = set(re.findall(r"`(--[a-z-]+)", SECTIONS[name]))
    assert documented == options_of(farm.commands[name])


@pytest.mark.parametrize("name", sorted(farm.commands))
def test_every_option_has_help(name: str) -> None:
    for parameter in farm.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


def test_options_of_farm_itself_are_documented() -> None:
    for name in (*options_of(farm), "--help"):
        assert f"`{name}`" in TEXT

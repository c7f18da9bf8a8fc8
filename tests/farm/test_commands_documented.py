"""What the documentation says of the commands is what they take, and the other way round."""

import re
from pathlib import Path

import click
import pytest

from farm.cli.main import COMMANDS, farm

TEXT = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
SECTIONS = {
    match[1]: match[2]
    for match in re.finditer(r"^## `farm (\w+).*?`\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
}


def command_of(name: str) -> click.Command:
    command = farm.get_command(click.Context(farm), name)
    assert command is not None
    return command


def all_of(command: click.Command) -> tuple[click.Command, ...]:
    """With those below it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return (command, *below)


def options_of(command: click.Command) -> set[str]:
    return {
        name
        for one in all_of(command)
        for parameter in one.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    }


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_options_agree(name: str) -> None:
    documented = set(re.findall(r"`(--[a-z-]+)", SECTIONS[name]))
    assert documented == options_of(command_of(name))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_has_help(name: str) -> None:
    for one in all_of(command_of(name)):
        for parameter in one.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {one.name} {parameter.opts}"


def test_options_of_farm_itself_are_documented() -> None:
    options = [one for one in farm.params if isinstance(one, click.Option)]
    for name in (*(name for one in options for name in one.opts), "--help"):
        assert f"`{name}`" in TEXT

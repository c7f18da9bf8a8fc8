"""The options that say what a lesson is."""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from farm.categories import NO_BASES, BadBases, Bases, read_bases
from farm.fields import Said, Unclear, understood

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: tuple[tuple[str, str, bool, str], ...] = (
    ("--title", "title", False, "The lesson's title; its title so far, or the file's name."),
    (
        "--base",
        "base",
        False,
        "The production base: changsha, changsha=长沙, or a name of --bases.",
    ),
    (
        "--category",
        "category",
        False,
        "feature 专题片, agriculture 农科片, computer 计算机课件, audio 语音节目.",
    ),
    ("--course", "course", False, "The course it belongs to; empty takes it out of one."),
    ("--number", "number", False, "Its place in the course, from 1; 0 for none."),
    ("--speaker", "speaker", False, "Who speaks."),
    ("--audience", "audience", False, "Who it is for."),
    ("--keyword", "keywords", True, "A word to find it by; may be given again."),
    ("--award", "awards", True, "An award it has won; may be given again."),
    ("--licence", "licence", False, "SPDX identifier, address or text."),
    ("--description", "description", False, "What it is about."),
    ("--language", "language", False, "The language spoken, such as zh, yue or en."),
    ("--recorded", "recorded", False, "When it was recorded: 2006-05-01, 2006-05 or 2006."),
)
"""Option, field, whether it may be given again, help."""


def bases_option(function: F) -> F:
    return click.option(
        "--bases",
        "bases_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="FARM_BASES",
        help="A TOML file of bases: their names, profiles by category, and clips.",
    )(function)


def metadata_options(function: F) -> F:
    """Adds the options above and `--bases`; the command gets `said: Said` and `bases: Bases`.

    What cannot be understood is a usage error that names every such option.
    """

    @functools.wraps(function)
    def command(*args: Any, bases_file: Path | None, **options: Any) -> Any:
        bases = load_bases(bases_file)
        values = {field: options.pop(field) for _, field, _, _ in _OPTIONS}
        return function(*args, said=said_of(values, bases), bases=bases, **options)

    for name, field, multiple, help_text in reversed(_OPTIONS):
        add = click.option(name, field, multiple=multiple, help=help_text)
        command = add(command)
    return bases_option(command)  # type: ignore[return-value]  # click commands take any arguments


def said_options(function: F) -> F:
    """As `metadata_options`, without the base: whose key it is decides. The command gets `said`."""
    own = [one for one in _OPTIONS if one[1] != "base"]

    @functools.wraps(function)
    def command(*args: Any, **options: Any) -> Any:
        values = {field: options.pop(field) for _, field, _, _ in own}
        return function(*args, said=said_of(values), **options)

    for name, field, multiple, help_text in reversed(own):
        command = click.option(name, field, multiple=multiple, help=help_text)(command)
    return command  # type: ignore[return-value]  # click commands take any arguments


def said_of(values: Mapping[str, Any], bases: Bases = NO_BASES) -> Said:
    """What options say: None and nothing given again are not said. Raises a usage error."""
    said: dict[str, Any] = {}
    faults = []
    for option, field, multiple, _ in _OPTIONS:
        value = values.get(field)
        if value is None or (multiple and not value) or (field == "title" and not value):
            continue
        try:
            said |= understood(field, value, bases)
        except Unclear as unclear:
            faults.append(f"{option}: {unclear}")
    if faults:
        raise click.UsageError("\n".join(faults))
    return said


def load_bases(path: Path | None) -> Bases:
    """The file of `--bases`; none is no bases. Raises a usage error with every fault."""
    if path is None:
        return NO_BASES
    try:
        with path.open("rb") as file:
            return read_bases(
                file.read((1 << 20) + 1),
                os.fsencode(path).decode("utf-8", "replace"),
                path.resolve().parent,
            )
    except OSError as error:
        raise click.UsageError(f"--bases cannot be read: {error.strerror}.") from error
    except BadBases as error:
        raise click.UsageError(f"The bases need mending:\n{error}") from error

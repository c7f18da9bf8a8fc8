"""Which profiles a lesson gets when nobody asked for any: by its category, and by its base.

`bases.toml` names the bases, and what is made for them instead:

    [changsha]
    name = "长沙"

    [changsha.profiles]
    feature = ["hls", "broadcast", "dvd", "vcd"]

    [changsha.clips]
    intro = "片头.mp4"

    ["*".profiles]
    computer = ["hls", "download", "datadisc"]
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from farm.errors import FarmError
from farm.model import BASE, Category, clean_title

DEFAULTS: Mapping[Category, tuple[str, ...]] = {
    Category.FEATURE: ("hls", "broadcast", "dvd"),
    Category.AGRICULTURE: ("hls", "broadcast", "dvd"),
    Category.COMPUTER: ("hls", "download"),
    Category.AUDIO: ("audio",),
}
EVERY = "*"
"""The entry of `bases.toml` that is for every base without a say of its own."""
CLIPS = ("intro", "outro", "ident_before", "ident_after")
"""What a base may put around its recordings, and around its audio files."""
HERE = Path()
LARGEST = 1 << 20
"""Bytes of `bases.toml`."""
_PROFILE = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


class BadBases(FarmError):
    """The file of bases needs mending; the message lists every fault."""

    status = 2


@dataclass(frozen=True, slots=True)
class Base:
    name: str | None
    """As it is shown, e.g. 长沙."""
    profiles: Mapping[Category, tuple[str, ...]]
    """Instead of the default ones."""
    clips: Mapping[str, Path]
    """Files by name, of `CLIPS`, for recordings that have none of their own."""


Bases = Mapping[str, Base]
"""By short name; `*` is every other one."""
NO_BASES: Bases = {}


def default_profiles(category: Category, base: str, overrides: Bases) -> tuple[str, ...]:
    """What is made where nobody asked: as the base wants it, as every base does, or by category."""
    for name in (base, EVERY):
        known = overrides.get(name)
        if known and category in known.profiles:
            return known.profiles[category]
    return DEFAULTS[category]


def clip_of(name: str, base: str, bases: Bases) -> Path | None:
    """A base's own clip, or that of every base."""
    known = (bases[one].clips.get(name) for one in (base, EVERY) if one in bases)
    return next(filter(None, known), None)


def read_bases(data: bytes, place: str, folder: Path = HERE) -> Bases:
    """The bases of a TOML file. `place`: how messages call it; `folder`: where it lies, which its
    clips are looked for from. Raises BadBases with every fault."""
    if len(data) > LARGEST:
        raise BadBases(f"{place} is larger than {LARGEST >> 20} MiB; it is not a file of bases.")
    try:
        tables = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadBases(
            f"{place} is not TOML in UTF-8 ({error}). 应为 UTF-8 的 TOML 文件。"
        ) from error
    faults = [f"{place}, {where}: {fault}" for where, fault in _faults(tables, folder)]
    if faults:
        raise BadBases("\n".join(faults))
    return {
        name: Base(
            name=clean_title(table["name"]) if "name" in table else None,
            profiles={
                Category(category): tuple(profiles)
                for category, profiles in table.get("profiles", {}).items()
            },
            clips={name: folder / path for name, path in table.get("clips", {}).items()},
        )
        for name, table in tables.items()
    }


def _faults(tables: Mapping[str, object], folder: Path) -> Iterator[tuple[str, str]]:
    for name, table in tables.items():
        if name != EVERY and not BASE.fullmatch(name):
            yield f"[{name!r}]", "a base's short name is 1 to 32 of a-z, 0-9 and '-'."
        if not isinstance(table, Mapping):
            yield repr(name), "should be a table with 'name', 'profiles' and 'clips'."
            continue
        for key in table.keys() - {"name", "profiles", "clips"}:
            yield f"[{name!r}]", f"{key!r} is not known; use 'name', 'profiles' and 'clips'."
        shown = table.get("name", "x")
        if not isinstance(shown, str) or not clean_title(shown):
            yield f"[{name!r}]", "'name' should be a text."
        yield from _profile_faults(f"[{name!r}.profiles]", table.get("profiles", {}))
        yield from _clip_faults(f"[{name!r}.clips]", table.get("clips", {}), folder)


def _clip_faults(place: str, clips: object, folder: Path) -> Iterator[tuple[str, str]]:
    if not isinstance(clips, Mapping):
        yield place, f"should be a table of {', '.join(CLIPS)}."
        return
    for name, path in clips.items():
        if name not in CLIPS:
            yield place, f"{name!r} is not known; use {', '.join(CLIPS)}."
        elif not isinstance(path, str) or "\0" in path or not (folder / path).is_file():
            yield place, f"there is no file {path!r} for {name}; paths are relative to this file."


def _profile_faults(place: str, profiles: object) -> Iterator[tuple[str, str]]:
    if not isinstance(profiles, Mapping):
        yield place, "should be a table of categories."
        return
    for category, names in profiles.items():
        if category not in list(Category):
            yield place, f"{category!r} is not a category; use {', '.join(Category)}."
        if (
            not isinstance(names, list)
            or not names
            or not all(isinstance(one, str) and _PROFILE.fullmatch(one) for one in names)
        ):
            yield f"{place} {category!r}", "should be a list of names of profiles."

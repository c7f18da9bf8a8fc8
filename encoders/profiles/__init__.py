"""Delivery profiles: TOML in, frozen values out; a faulty file is reported with every fault."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

RESERVED = ("audio", "subtitles", "thumbnails", "poster")
"""How the names of a lesson's other files begin: those of a rung are in the same folder."""


class ProfileError(ValueError):
    """One or more profile files are faulty; the message lists every fault of every file."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One wished quality."""

    name: str
    size: int
    """The shorter side of the picture, pixels."""
    crf: float
    preset: str
    maxrate: int
    """Bits a second."""
    buffer: int
    """Bits."""


@dataclass(frozen=True, slots=True)
class Sound:
    bitrate: int
    """Bits a second."""
    sample_rate: int
    loudness: float
    """LKFS."""
    true_peak: float
    """dBTP."""


@dataclass(frozen=True, slots=True)
class SeekPictures:
    every: int
    """Seconds between two."""
    size: int
    """The shorter side, pixels."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A named way of delivery."""

    name: str
    kind: str
    title: str
    title_zh: str
    segment: Fraction
    """Seconds between IDR pictures: what a player fetches."""
    chunk: Fraction
    """Seconds one task encodes, about."""
    max_rate: Fraction
    """Pictures a second at most."""
    video: tuple[Rung, ...]
    """From the lowest to the highest."""
    audio: Sound
    thumbnails: SeekPictures


def load(folders: Sequence[Path] = ()) -> dict[str, Profile]:
    """The built-in profiles, and those of `folders` (a later one of the same name replaces).

    Raises ProfileError with every fault of every file.
    """
    profiles: dict[str, Profile] = {}
    faults: list[str] = []
    for folder in (HERE, *folders):
        files = sorted(folder.glob("*.toml"))
        if not files:
            faults.append(f"{folder}: no profile here; expected files named *.toml")
        for path in files:
            table, found = _parse(path)
            faults.extend(f"{path.name}: {fault}" for fault in found)
            if not found:
                profiles[table["name"]] = _build(table)
    if faults:
        raise ProfileError("\n".join(faults))
    return profiles


def _parse(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"not readable as TOML: {error}"]
    # Slow to import, and the encoding children, which import this package, never need it.
    from jsonschema import Draft202012Validator

    schema = json.loads((HERE / "schema.json").read_text(encoding="utf-8"))
    errors = sorted(Draft202012Validator(schema).iter_errors(table), key=lambda e: e.json_path)
    faults = [f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors]
    return table, faults or list(_inconsistencies(table))


def _inconsistencies(table: Mapping[str, Any]) -> Iterator[str]:
    """Faults a schema cannot say."""
    rungs = table["video"]
    names = [rung["name"] for rung in rungs]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"video: two rungs are named {name!r}; give each its own name"
    for name in names:
        if name.startswith(RESERVED):
            yield (
                f"video: a rung cannot be named {name!r}; names that begin with "
                f"{', '.join(RESERVED)} are reserved for the lesson's other files"
            )
    for low, high in pairwise(rungs):
        if low["size"] >= high["size"]:
            yield f"video: {high['name']!r} must be larger than {low['name']!r}; list rungs upwards"
    if table["chunk"] < table["segment"]:
        yield "chunk: must be at least one segment long"


def _build(table: Mapping[str, Any]) -> Profile:
    sound = table["audio"]
    return Profile(
        name=table["name"],
        kind=table["kind"],
        title=table["title"],
        title_zh=table["title_zh"],
        segment=Fraction(table["segment"]),
        chunk=Fraction(table["chunk"]),
        max_rate=Fraction(table["max_rate"]),
        video=tuple(
            Rung(
                name=rung["name"],
                size=rung["size"],
                crf=float(rung["crf"]),
                preset=rung["preset"],
                maxrate=rung["maxrate"] * 1000,
                buffer=rung["buffer"] * 1000,
            )
            for rung in table["video"]
        ),
        audio=Sound(
            bitrate=sound["bitrate"] * 1000,
            sample_rate=sound["sample_rate"],
            loudness=float(sound["loudness"]),
            true_peak=float(sound["true_peak"]),
        ),
        thumbnails=SeekPictures(**table["thumbnails"]),
    )

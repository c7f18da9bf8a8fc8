"""Delivery profiles: TOML in, frozen values out; a faulty file is reported with every fault."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from encoders.profiles.build import build
from encoders.profiles.model import (
    AudioFiles,
    AudioFormat,
    Broadcast,
    DataDisc,
    Download,
    Dvd,
    Profile,
    Rung,
    SeekPictures,
    Segmented,
    Sound,
    Stream,
    Streaming,
    Television,
    Track,
    VideoCd,
)

__all__ = [
    "AudioFiles",
    "AudioFormat",
    "Broadcast",
    "DataDisc",
    "Download",
    "Dvd",
    "Profile",
    "ProfileError",
    "Rung",
    "SeekPictures",
    "Segmented",
    "Sound",
    "Stream",
    "Streaming",
    "Television",
    "Track",
    "VideoCd",
    "load",
]

HERE = Path(__file__).parent

KINDS = ("hls", "download", "broadcast", "dvd", "vcd", "svcd", "audio", "datadisc")

RESERVED = (
    "audio", "subtitles", "thumbnails", "poster", "chapter", "opening", "captions", "master",
    "broadcast", "dvd", "vcd", "svcd", "download", "datadisc",
)  # fmt: skip
"""How the names of a lesson's other files begin: those of a rung are in the same folder."""


class ProfileError(ValueError):
    """One or more profile files are faulty; the message lists every fault of every file."""


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
                profiles[table["name"]] = build(table)
    if not faults:
        faults.extend(_unfit_contents(profiles))
    if faults:
        raise ProfileError("\n".join(faults))
    return profiles


def _parse(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"not readable as TOML: {error}"]
    kind = table.get("kind")
    if kind not in KINDS:
        return table, [f"kind: should be one of {', '.join(KINDS)}, not {kind!r}"]
    faults = _schema_faults(table, kind)
    return table, faults or list(_inconsistencies(table))


def _schema_faults(table: Mapping[str, Any], kind: str) -> list[str]:
    # Slow to import, and the encoding children, which import this package, never need it.
    from jsonschema import Draft202012Validator

    schemas = json.loads((HERE / "schema.json").read_text(encoding="utf-8"))
    schema = {**schemas["kinds"][kind], "$defs": schemas["$defs"]}
    errors = sorted(Draft202012Validator(schema).iter_errors(table), key=lambda e: e.json_path)
    return [f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors]


def _inconsistencies(table: Mapping[str, Any]) -> Iterator[str]:
    """Faults a schema cannot say."""
    match table["kind"]:
        case "hls" | "download":
            yield from _unfit_rungs(table["video"])
            if table["chunk"] < table["segment"]:
                yield "chunk: must be at least one segment long"
        case "broadcast":
            yield from _twice("stream", [stream["name"] for stream in table["stream"]])
            yield from _unfit_streams(table)
        case "dvd":
            if table["quantisers"] != sorted(table["quantisers"]):
                yield "quantisers: list them upwards, from the ceiling of quality to its floor"
        case "audio":
            yield from _twice("format", [one["name"] for one in table["format"]])
            yield from _unfit_formats(table["format"])
    if (
        "bitrate" in table.get("video", ())
        and table["video"]["bitrate"] > table["video"]["maxrate"]
    ):
        yield "video.bitrate: must not be above video.maxrate"


def _unfit_rungs(rungs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = [rung["name"] for rung in rungs]
    yield from _twice("video", names)
    for name in names:
        if name.startswith(RESERVED):
            yield (
                f"video: a rung cannot be named {name!r}; names that begin with "
                f"{', '.join(RESERVED)} are reserved for the lesson's other files"
            )
    for low, high in pairwise(rungs):
        if low["size"] >= high["size"]:
            yield f"video: {high['name']!r} must be larger than {low['name']!r}; list rungs upwards"


def _unfit_contents(profiles: Mapping[str, Profile]) -> Iterator[str]:
    for disc in profiles.values():
        for name in disc.contents if isinstance(disc, DataDisc) else ():
            if not isinstance(profiles.get(name), Download | AudioFiles):
                yield (
                    f"{disc.name}: contents: {name!r} is no profile of kind download or audio, "
                    "whose files computers play from a disc"
                )


def _unfit_formats(formats: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in formats:
        if one["name"] == "opus" and one["sample_rate"] != 48_000:
            yield "format 'opus': sample_rate must be 48000, which is all that Opus has"
        if one["name"] == "mp3" and one["sample_rate"] > 24_000 and one["bitrate"] < 32:
            yield "format 'mp3': bitrate must be 32 or more at this sample_rate, as of MPEG-1"


def _unfit_streams(table: Mapping[str, Any]) -> Iterator[str]:
    # PyAV comes with it, which only those who load profiles can wait for.
    from encoders.broadcast.rates import video_rate

    sound = table["audio"]
    for stream in table["stream"]:
        try:
            video_rate(
                stream["total"] * 1000,
                sound["bitrate"] * 1000,
                codec=sound["codec"],
                rate=Fraction(table["rate"]),
                gop=table["gop"],
            )
        except ValueError as error:
            yield f"stream {stream['name']!r}: {error}"


def _twice(place: str, names: Sequence[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        what = "rungs" if place == "video" else f"{place}s"
        yield f"{place}: two {what} are named {name!r}; give each its own name"

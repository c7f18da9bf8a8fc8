"""`farm profiles`: what can be made."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from encoders.profiles import (
    AudioFiles,
    Broadcast,
    DataDisc,
    Dvd,
    Profile,
    Segmented,
    Sound,
    Track,
    VideoCd,
)
from farm.cli.options import load_profiles, profile_dir_option

Row = tuple[str, str, str, str]
"""Name, picture, quality, rate."""


@click.command()
@profile_dir_option
def profiles(profile_dir: tuple[Path, ...]) -> None:
    """List the delivery profiles, and check those of --profile-dir."""
    console = Console()
    found = load_profiles(profile_dir)
    for line in _replaced(profile_dir):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for profile in found.values():
        table = Table(
            title=f"{profile.name}: {profile.title} {profile.title_zh}", title_justify="left"
        )
        for heading in ("what", "picture", "quality", "rate"):
            table.add_column(heading, justify="left" if heading == "what" else "right")
        for row in _rows(profile):
            table.add_row(*row)
        console.print(table)


def _replaced(folders: tuple[Path, ...]) -> Iterator[str]:
    """Where a file of one's own takes the place of a profile; the files are without faults."""
    of = dict.fromkeys(load_profiles(()), "built-in")
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        name = tomllib.loads(path.read_text(encoding="utf-8"))["name"]
        if name in of:
            place = f"the built-in {name}" if of[name] == "built-in" else f"{name} of {of[name]}"
            yield f"{path} replaces {place}."
        of[name] = str(path)


def _rows(profile: Profile) -> Iterator[Row]:
    match profile:
        case Segmented():
            for rung in profile.video:
                quality = f"crf {rung.crf:g}, {rung.preset}"
                yield rung.name, f"{rung.size} px", quality, f"≤ {rung.maxrate // 1000} kb/s"
            yield _sound("AAC", profile.audio)
        case Broadcast():
            for stream in profile.streams:
                picture = f"{stream.width}x{stream.height}"
                yield stream.name, picture, f"H.264 {profile.preset}", _kilobits(stream.total)
            yield _sound(profile.audio.codec.upper(), profile.audio)
        case Dvd():
            steps = ", ".join(map(str, profile.quantisers))
            picture = f"{profile.video.width}x{profile.video.height}"
            yield "picture", picture, f"MPEG-2, quantisers {steps}", _most(profile.video.maxrate)
            yield _sound(profile.audio.codec.upper(), profile.audio)
            yield "disc", "", "", f"{profile.capacity:,} bytes"
        case VideoCd():
            codec = "MPEG-1" if profile.kind == "vcd" else "MPEG-2"
            picture = f"{profile.video.width}x{profile.video.height}"
            yield "picture", picture, codec, _most(profile.video.maxrate)
            yield _sound(profile.audio.codec.upper(), profile.audio)
            yield "disc", "", "", f"{profile.minutes} min"
        case AudioFiles():
            for one in profile.formats:
                level = f"{profile.loudness:g} LKFS, {profile.true_peak:g} dBTP"
                yield one.name, "", level, _kilobits(one.bitrate)
        case DataDisc():
            yield "files of", "", ", ".join(profile.contents), ""
            yield "disc", "", "", f"{profile.capacity:,} bytes"


def _sound(codec: str, sound: Sound | Track) -> Row:
    level = f"{codec}, {sound.loudness:g} LKFS, {sound.true_peak:g} dBTP"
    return "sound", "", level, _kilobits(sound.bitrate)


def _kilobits(rate: int) -> str:
    return f"{rate // 1000} kb/s"


def _most(rate: int) -> str:
    return f"≤ {_kilobits(rate)}"

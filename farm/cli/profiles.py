"""`farm profiles`: what can be made."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from farm.cli.options import load_profiles, profile_dir_option


@click.command()
@profile_dir_option
def profiles(profile_dir: tuple[Path, ...]) -> None:
    """List the delivery profiles, and check those of --profile-dir."""
    console = Console()
    for profile in load_profiles(profile_dir).values():
        table = Table(
            title=f"{profile.name}: {profile.title} {profile.title_zh}", title_justify="left"
        )
        for heading in ("rung", "shorter side", "quality", "at most", "buffer"):
            table.add_column(heading, justify="right")
        for rung in profile.video:
            table.add_row(
                rung.name,
                f"{rung.size} px",
                f"crf {rung.crf:g}, {rung.preset}",
                f"{rung.maxrate // 1000} kb/s",
                f"{rung.buffer // 1000} kbit",
            )
        sound = profile.audio
        table.add_row(
            "audio",
            "",
            f"{sound.loudness:g} LKFS, {sound.true_peak:g} dBTP",
            f"{sound.bitrate // 1000} kb/s",
            "",
        )
        console.print(table)

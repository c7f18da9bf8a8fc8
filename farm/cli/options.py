"""Options that several commands share."""

from pathlib import Path

import click

from encoders.profiles import Profile, ProfileError, load

DEFAULT_STORE = "./library"

store_option = click.option(
    "--store",
    default=DEFAULT_STORE,
    show_default=True,
    metavar="URL",
    help="Where lessons live: a folder, file:///…, or s3://bucket/prefix.",
)
profile_dir_option = click.option(
    "--profile-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder of profiles of your own (TOML); may be given again.",
)


def load_profiles(folders: tuple[Path, ...]) -> dict[str, Profile]:
    """The profiles, or a usage error with every fault."""
    try:
        return load(folders)
    except ProfileError as error:
        raise click.UsageError(f"These profiles need mending:\n{error}") from error

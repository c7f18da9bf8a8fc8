"""Options that several commands share."""

from pathlib import Path

import click

from encoders.profiles import Profile, ProfileError, load
from farm.catalog import POINTER
from farm.errors import StoreError
from farm.model import BASE
from farm.store import Store, open_store

DEFAULT_STORE = "./library"

store_option = click.option(
    "--store",
    default=DEFAULT_STORE,
    show_default=True,
    metavar="URL",
    help="Where lessons live: a folder, file:///…, or s3://bucket/prefix.",
)
ledger_option = click.option(
    "--ledger",
    default="./service/ledger.db",
    show_default=True,
    envvar="FARM_LEDGER",
    metavar="URL",
    help="What the service knows: a file, sqlite:///…, or postgresql://….",
)
profile_dir_option = click.option(
    "--profile-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder of profiles of your own (TOML); may be given again.",
)


def checked_base(base: str) -> str:
    """Raises a usage error where a base's name cannot be part of an address."""
    if not BASE.fullmatch(base):
        raise click.BadParameter(
            f"{base!r} cannot be part of an address: use 1 to 32 of a-z, 0-9 and '-'."
        )
    return base


def existing_store(url: str) -> Store:
    """A store that holds something of lessons, or a catalog that once listed some.

    Raises StoreError where there is none: the URL is more likely wrong than the library empty.
    """
    store = open_store(url)
    if store.head(POINTER) is None and not any(store.list("lessons/")):
        raise StoreError(f"There are no lessons in {store.url}; check --store.")
    return store


def load_profiles(folders: tuple[Path, ...]) -> dict[str, Profile]:
    """The profiles, or a usage error with every fault."""
    try:
        return load(folders)
    except ProfileError as error:
        raise click.UsageError(f"These profiles need mending:\n{error}") from error

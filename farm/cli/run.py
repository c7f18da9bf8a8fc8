"""`farm run`: the main job."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from encoders.profiles import Profile
from farm.batch import Means, produce_all
from farm.categories import Bases
from farm.cli.display import Bars, JsonLines
from farm.cli.metadata import metadata_options
from farm.cli.options import load_profiles, profile_dir_option, store_option
from farm.cli.plainly import readable
from farm.fields import Said
from farm.pipeline import Extras
from farm.plan import resolved, timing_of
from farm.plan.languages import language_tag
from farm.request import Asked, Request, request_of
from farm.settings import refuse_office
from farm.sidecar import CaptionSource
from farm.store import open_store

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("recordings", nargs=-1, required=True, metavar="RECORDING...")
@store_option
@metadata_options
@click.option(
    "--profile",
    "names",
    multiple=True,
    help="A way of delivery, see `farm profiles`; may be given again. Without it those of the "
    "category, or hls where none is known.",
)
@profile_dir_option
@click.option(
    "--captions",
    multiple=True,
    metavar="FILE[=LANGUAGE]",
    help="A file of captions (SRT, WebVTT, ASS); those beside the recording otherwise.",
)
@click.option(
    "--burn/--no-burn",
    default=None,
    help="Draw the captions into broadcast and Video CD; as the lesson is published otherwise.",
)
@click.option("--intro", type=FILE, help="A clip to put before each recording.")
@click.option("--outro", type=FILE, help="A clip to put after each recording.")
@click.option("--ident-before", type=FILE, help="A station's sound at the start of audio files.")
@click.option("--ident-after", type=FILE, help="A station's sound at the end of audio files.")
@click.option(
    "--public-url", help="Where the store is seen from outside, for feeds; remembered in the store."
)
@click.option("--ray", "address", metavar="ADDRESS", help="A running Ray cluster to work on.")
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Tasks at once; one for each core where none is given.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    envvar="FARM_WORK",
    help="Folder for files in progress; a folder of your own under the system's temporary one.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line on standard output.")
def run(recordings: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Turn each RECORDING into a published lesson.

    The same recording again costs nothing: what is finished is kept, whatever stopped the run.
    Exit status: 0 done; 2 usage; 3 a recording was refused; 4 an encode failed; 5 the store failed.
    """
    status = _run(recordings, Options(**options), as_json)
    if status:
        raise SystemExit(status)


@dataclass(frozen=True, slots=True)
class Options:
    """See `farm run --help`."""

    store: str
    said: Said
    bases: Bases
    names: tuple[str, ...]
    profile_dir: tuple[Path, ...]
    captions: tuple[str, ...]
    burn: bool | None
    intro: Path | None
    outro: Path | None
    ident_before: Path | None
    ident_after: Path | None
    public_url: str | None
    address: str | None
    workers: int | None
    work: Path | None


def _run(recordings: Sequence[str], options: Options, as_json: bool) -> int:
    profiles = load_profiles(options.profile_dir)
    _check_names(options.names, profiles)
    if "title" in options.said and len(recordings) > 1:
        raise click.UsageError("One --title cannot name several recordings; run them one by one.")
    store = open_store(options.store)
    refuse_office(store)
    means = Means(
        store=store,
        profiles=profiles,
        workers=options.workers,
        address=options.address,
        work=options.work or Path(tempfile.gettempdir()) / f"farm-work-{os.getuid()}",
        public_url=options.public_url,
    )
    requests = [_request(name, options) for name in recordings]
    with JsonLines() if as_json else Bars() as emit:
        return produce_all(
            means,
            requests,
            emit,
            complain=lambda sentence: click.echo(sentence, err=True),
            extras=Extras(options.burn),
        )


def _request(name: str, options: Options) -> Request:
    asked = Asked(
        options.said,
        profiles=options.names or None,
        captions=tuple(map(_caption, options.captions)) or None,
        intro=options.intro,
        outro=options.outro,
        ident_before=options.ident_before,
        ident_after=options.ident_after,
    )
    return request_of(Path(name), readable(name), asked, bases=options.bases)


def _caption(given: str) -> CaptionSource:
    """`FILE` or `FILE=LANGUAGE`."""
    name, _, language = given.rpartition("=") if "=" in given else (given, "", "")
    path = Path(name)
    if not path.is_file():
        raise click.UsageError(f"There is no file of captions {readable(name)}; check the name.")
    return CaptionSource(path, language_tag(language or None))


def _check_names(names: Sequence[str], profiles: dict[str, Profile]) -> None:
    for name in names:
        if name not in profiles:
            known = ", ".join(sorted(profiles))
            raise click.UsageError(f"There is no profile {name!r}; there are: {known}.")
    chosen = resolved(names, profiles)
    streaming = [one.name for one in chosen if one.kind == "hls"]
    if len(streaming) > 1:
        raise click.UsageError("A lesson has one streaming profile; give one of that kind.")
    try:
        timing_of(chosen)
    except ValueError as error:
        raise click.UsageError(str(error)) from error

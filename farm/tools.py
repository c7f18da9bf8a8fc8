"""Programs of others that some profiles are made with, and the Debian packages they come in."""

import hashlib
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from encoders.captions.fonts import fonts_id
from encoders.profiles import Profile
from farm.errors import FarmError

VCDIMAGER = tuple((name, "vcdimager") for name in ("vcdimager", "vcdxbuild", "vcdxrip", "vcd-info"))
NEEDED = {
    "dvd": (("dvdauthor", "dvdauthor"), ("spumux", "dvdauthor"), ("genisoimage", "genisoimage")),
    "vcd": VCDIMAGER,
    "svcd": VCDIMAGER,
    "datadisc": (("genisoimage", "genisoimage"),),
}
"""Program and package by kind of profile."""
LETTERED = ("dvd",)
"""Kinds with menus and labels, which fonts draw."""


class MissingTool(FarmError):
    """A profile cannot be made on this machine; the message names the package to install."""

    status = 2


def check_tools(profiles: Iterable[Profile]) -> None:
    """Raises MissingTool before anything is encoded for nothing."""
    for profile in profiles:
        missing = {
            package: program
            for program, package in NEEDED.get(profile.kind, ())
            if shutil.which(program) is None
        }
        if missing:
            packages = " ".join(missing)
            raise MissingTool(
                f"The profile {profile.name!r} needs the program {next(iter(missing.values()))}, "
                f"which is not installed; run: sudo apt-get install {packages}"
            )


def tools_of(kind: str) -> tuple[str, ...]:
    """Which programs and fonts a profile of that kind is made with: others write other bytes."""
    paths = (shutil.which(program) for program, _ in NEEDED.get(kind, ()))
    fonts = (fonts_id(),) if kind in LETTERED else ()
    return (*(_sha256(Path(path)) for path in paths if path), *fonts)


@cache
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Programs of others that some profiles are made with, and the Debian packages they come in."""

import shutil
from collections.abc import Iterable

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

"""What is asked to be made of one recording, once options, table, sidecar and store have spoken."""

from dataclasses import dataclass
from pathlib import Path

from farm.categories import NO_BASES, Bases, clip_of, default_profiles
from farm.fields import Said, metadata_of
from farm.model import Category, Metadata
from farm.sidecar import CaptionSource, captions_beside, sidecar_of

STREAM = ("hls",)
"""What is made of a recording of which nobody said what it is, or what is wanted."""


@dataclass(frozen=True, slots=True)
class Request:
    path: Path
    shown: str
    """How events and messages call the recording."""
    metadata: Metadata
    profiles: tuple[str, ...] | None
    """Names; None: nobody asked, see `wanted`."""
    captions: tuple[CaptionSource, ...]
    intro: Path | None
    outro: Path | None
    ident_before: Path | None
    """A station's clip at the start of audio files."""
    ident_after: Path | None
    bases: Bases

    def wanted(self, before: tuple[str, ...]) -> tuple[str, ...]:
        """Names of profiles: those asked for; those of the category that is said now; those of the
        lesson as it is published (`before`); or the stream alone."""
        if self.profiles or self.metadata.category is None:
            return self.profiles or before or STREAM
        return self.profiles_for(self.metadata.category)

    def profiles_for(self, category: Category) -> tuple[str, ...]:
        """What was asked for wins over what the category and the base get."""
        return self.profiles or default_profiles(category, self.metadata.base, self.bases)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said of one recording outside of its folder: by options, or in a row of a table."""

    said: Said
    profiles: tuple[str, ...] | None = None
    captions: tuple[CaptionSource, ...] | None = None
    """None: those beside the recording."""
    intro: Path | None = None
    outro: Path | None = None
    ident_before: Path | None = None
    ident_after: Path | None = None


def request_of(
    path: Path, shown: str, asked: Asked, *, also: Asked | None = None, bases: Bases = NO_BASES
) -> Request:
    """Options win over the table (`also`), the table over the sidecar, that over the base's clips;
    what none says is left to the store. Raises BadSidecar with every fault of the sidecars."""
    sidecar = sidecar_of(path, bases)
    beside = (
        Asked(sidecar.said, sidecar.profiles, sidecar.captions, sidecar.intro, sidecar.outro)
        if sidecar
        else Asked({})
    )
    layers = [asked, *([also] if also else []), beside]
    metadata = metadata_of(*(one.said for one in layers))

    def clip(name: str) -> Path | None:
        said = (getattr(one, name) for one in layers)
        return next(filter(None, said), None) or clip_of(name, metadata.base, bases)

    captions = next((one.captions for one in layers if one.captions is not None), None)
    return Request(
        path=path,
        shown=shown,
        metadata=metadata,
        profiles=next((one.profiles for one in layers if one.profiles), None),
        captions=captions_beside(path) if captions is None else captions,
        intro=clip("intro"),
        outro=clip("outro"),
        ident_before=clip("ident_before"),
        ident_after=clip("ident_after"),
        bases=bases,
    )

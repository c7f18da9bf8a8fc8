"""The lessons of a course as they can go on a DVD."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec

from encoders import wire
from encoders.dvd.task import DvdParts
from farm.disc.shelf import Shelved, Unready, require
from farm.errors import StoreError
from farm.pointers import folder_of
from manifests.model import Product

KIND = "dvd"
"""Of products."""


@dataclass(frozen=True, slots=True)
class DvdLesson:
    lesson: str
    parts: DvdParts
    base: str
    """Who made it, as people read it."""
    date: str
    """ISO 8601 day it was published."""
    places: Mapping[str, str]
    """Names in the store, by the name of the file."""


def dvd_lessons(
    shelf: Sequence[Shelved], course: str, *, standard: str | None = None
) -> tuple[DvdLesson, ...]:
    """`standard`: `pal` or `ntsc`, where lessons have both; None: what they have.

    Raises Unready where lessons have no parts for a DVD, or not all of one standard; StoreError
    where parts do not read.
    """
    require(shelf, course, KIND, lambda product: product.kind == KIND and bool(product.parts))
    found = [{parts.standard: parts for parts in map(_parts, _products(one))} for one in shelf]
    chosen = standard or _standard(found, course)
    lacking = [one for one, parts in zip(shelf, found, strict=True) if chosen not in parts]
    if lacking:
        named = ", ".join(f"{one.release.entry.title} ({one.lesson})" for one in lacking)
        profile = KIND if chosen == "pal" else f"{KIND}-{chosen}"
        raise Unready(
            f"{len(lacking)} of {len(shelf)} lessons of {course} are not there in "
            f"{chosen.upper()}: {named}. Run their recordings again with it: "
            f"farm run RECORDING... --profile {profile}"
        )
    return tuple(_lesson(one, parts[chosen]) for one, parts in zip(shelf, found, strict=True))


def _standard(found: Sequence[Mapping[str, DvdParts]], course: str) -> str:
    """The one all lessons have; PAL where they have both."""
    for standard in ("pal", "ntsc"):
        if all(standard in parts for parts in found):
            return standard
    raise Unready(
        f"Some lessons of {course} are there in PAL alone and others in NTSC alone, and a disc is "
        "of one standard. Run all recordings with the same profile: "
        f"farm run RECORDING... --profile {KIND}"
    )


def _products(one: Shelved) -> list[Product]:
    return [product for product in one.release.products if product.kind == KIND and product.parts]


def _parts(product: Product) -> DvdParts:
    try:
        return wire.loads(msgspec.json.encode(product.parts), DvdParts)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"What a DVD is made of does not read ({error}); run the recording again with "
            f"--profile {product.profile}."
        ) from error


def _lesson(one: Shelved, parts: DvdParts) -> DvdLesson:
    folder, entry, about = folder_of(one.lesson), one.release.entry, one.release.about
    return DvdLesson(
        lesson=one.lesson,
        parts=parts,
        base=about.base if about else entry.base,
        date=entry.published[:10],
        places={PurePosixPath(made.path).name: folder + made.path for made in one.release.objects},
    )

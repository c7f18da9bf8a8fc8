"""DVD-Video: what discs are made of, kept with the lesson, and the disc of the lesson alone."""

from collections.abc import Iterator

from encoders import wire
from encoders.dvd.task import DvdParts, DvdSound, DvdTask, DvdTitle, runs
from encoders.profiles import Dvd
from farm.disc.dvd import IMAGE, files_of, model
from farm.disc.fit import fit
from farm.plan.model import ProfilePlan
from farm.products.inputs import media_inputs
from farm.products.model import Made, Order

WEIGHT = 0.05


def dvd_orders(made: Made, asked: ProfilePlan, profile: Dvd) -> Iterator[Order]:
    """Raises Refused where the lesson is too long for a disc."""
    parts = dvd_parts(made, asked, profile)
    (disc,) = fit([model(parts)], profile.capacity, IMAGE)
    (choice,) = disc.choice
    languages = (
        *(one.language for one in parts.sounds),
        *(one.language for one in parts.captions),
    )
    yield Order(
        profile=profile,
        name=profile.name,
        languages=tuple(dict.fromkeys(languages)),
        task=DvdTask(
            name=profile.name,
            label=made.lesson,
            course=made.about.title,
            base=made.about.base,
            date=made.published,
            number=1,
            discs=1,
            titles=(DvdTitle(1, parts, runs(choice)),),
            capacity=profile.capacity,
            inputs="",
            folder="",
        ),
        inputs=media_inputs(made.lesson, files_of(parts, choice)),
        weight=float(made.duration) * WEIGHT,
        parts=wire.plain(parts),
        kept=(
            *(piece.file for pieces in parts.qualities for piece in pieces),
            *(one.sound.file for one in parts.sounds),
        ),
    )


def dvd_parts(made: Made, asked: ProfilePlan, profile: Dvd) -> DvdParts:
    """The lesson in every quality."""
    (raster,) = (one for one in made.plan.chunks[0].task.rasters if one.name == asked.renditions[0])
    return DvdParts(
        standard=profile.standard,
        width=raster.width,
        height=raster.height,
        aspect=raster.aspect,
        rate=raster.rate,
        qualities=tuple(tuple(made.pieces.rasters[name]) for name in asked.renditions),
        sounds=tuple(
            DvdSound(one.language, one.label, made.pieces.sounds[one.name])
            for one in made.plan.sounds
            if one.name in asked.sounds
        ),
        captions=made.captions,
        chapters=made.chapters,
        title=made.about.title,
        duration=made.duration,
        poster=made.cover,
    )

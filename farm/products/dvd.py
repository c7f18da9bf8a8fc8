"""DVD-Video: what discs are made of, kept with the lesson, and the disc of the lesson alone."""

from encoders.dvd.task import DvdParts, DvdSound
from encoders.profiles import Dvd
from farm.plan.model import ProfilePlan
from farm.products.model import Made


def dvd_parts(made: Made, asked: ProfilePlan, profile: Dvd) -> DvdParts:
    """The lesson in every quality."""
    raster = next(
        one for one in made.plan.chunks[0].task.rasters if one.name == asked.renditions[0]
    )
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
        title=made.tags.title,
        duration=made.duration,
        poster=made.cover,
    )

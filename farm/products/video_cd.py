"""Video CDs and Super Video CDs: as many discs as the lesson takes."""

from collections.abc import Iterator

from encoders.profiles import VideoCd
from encoders.vcd.task import VcdTask
from encoders.vcd.volumes import SECTORS_A_SECOND, volumes
from farm.errors import EncodeFailed
from farm.plan.model import ProfilePlan
from farm.products.inputs import piece_inputs
from farm.products.model import Made, Order

WEIGHT = 0.05


def video_cd_orders(made: Made, asked: ProfilePlan, profile: VideoCd) -> Iterator[Order]:
    (name,) = asked.renditions
    rasters = {one.name: one for one in made.plan.chunks[0].task.rasters}
    elementary = tuple(made.pieces.rasters[name])
    plans = [one for one in made.plan.sounds if one.name in asked.sounds]
    sounds = [made.pieces.sounds[one.name] for one in plans]
    capacity = profile.minutes * 60 * SECTORS_A_SECOND
    try:
        discs = volumes(profile.kind, elementary, rasters[name].rate, made.chapters, capacity)
    except ValueError as error:
        raise EncodeFailed(str(error)) from error
    for number, disc in enumerate(discs, 1):
        yield Order(
            profile=profile,
            name=name if len(discs) == 1 else f"{name}-{number}",
            languages=tuple(one.language for one in plans),
            task=VcdTask(
                name=name if len(discs) == 1 else f"{name}-{number}",
                kind=profile.kind,
                label=made.lesson,
                pieces=elementary,
                rendition=rasters[name],
                sound=next(iter(sounds), None),
                chapters=made.chapters,
                duration=made.duration,
                first=disc.first,
                last=disc.last,
                volume=number,
                volumes=len(discs),
                inputs="",
                folder="",
            ),
            inputs=piece_inputs(made.lesson, [*elementary, *sounds]),
            weight=float(made.duration) * WEIGHT,
        )

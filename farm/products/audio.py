"""Tagged audio files: one for each format of the profile."""

from collections.abc import Iterator

from encoders.profiles import AudioFiles
from encoders.tagged.task import TagTask
from farm.plan.model import ProfilePlan
from farm.products.inputs import media_inputs, piece_inputs
from farm.products.model import Made, Order

WEIGHT = 0.01


def audio_orders(made: Made, asked: ProfilePlan, profile: AudioFiles) -> Iterator[Order]:
    plans = {one.name: one for one in made.plan.sounds}
    for form, name in zip(profile.formats, asked.sounds, strict=True):
        sound = made.pieces.sounds[name]
        yield Order(
            profile=profile,
            name=name,
            languages=(plans[name].language,),
            task=TagTask(
                name=name,
                kind=form.name,
                sound=sound,
                chapters=made.chapters,
                cover=made.cover,
                tags=made.tags,
                inputs="",
                folder="",
            ),
            inputs=(
                *piece_inputs(made.lesson, [sound]),
                *media_inputs(made.lesson, [made.cover]),
            ),
            weight=float(made.duration) * WEIGHT,
        )

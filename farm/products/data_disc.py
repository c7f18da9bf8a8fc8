"""A data disc of the lesson alone: the files of other products, and a page that plays them."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from encoders.product import Product
from encoders.profiles import DataDisc
from farm.disc.datadisc import Captions, DiscLesson, Media, data_disc_tasks
from farm.products.inputs import media_inputs
from farm.products.model import Made, Order

WEIGHT = 0.02
LABELS = {
    "video/mp4": "MP4",
    "audio/mpeg": "MP3",
    "audio/mp4": "M4A",
    "audio/ogg": "Opus",
}
"""What people call a file, by its media type; what every browser plays comes first."""


def data_disc_orders(made: Made, finished: Sequence[tuple[Order, Product]]) -> Iterator[Order]:
    """`finished`: the products the discs hold. Raises Refused where a disc is too small."""
    for asked in made.plan.profiles:
        if isinstance(asked.profile, DataDisc):
            yield from _orders(made, asked.profile, finished)


def _orders(
    made: Made, profile: DataDisc, finished: Sequence[tuple[Order, Product]]
) -> Iterator[Order]:
    held = [one for one in finished if one[0].profile.name in profile.contents]
    languages = [tag for order, _ in held for tag in order.languages]
    tasks = data_disc_tasks(
        made.about.title,
        [_lesson(made, held)],
        name=profile.name,
        label=made.lesson,
        capacity=profile.capacity,
        inputs="",
        folder="",
    )
    for task in tasks:
        yield Order(
            profile=profile,
            name=task.name,
            languages=tuple(dict.fromkeys(languages)),
            task=task,
            inputs=media_inputs(made.lesson, [one.file for one in task.files]),
            weight=float(made.duration) * WEIGHT,
        )


def _lesson(made: Made, held: Sequence[tuple[Order, Product]]) -> DiscLesson:
    about = made.about
    media = sorted(
        (_media(made, order, product) for order, product in held),
        key=lambda one: list(LABELS).index(one.file.type),
    )
    return DiscLesson(
        title=about.title,
        base=about.base,
        speaker=about.speaker or "",
        description=about.description or "",
        category=about.category,
        duration=made.duration,
        videos=tuple(one for one in media if one.file.type == "video/mp4"),
        audios=tuple(one for one in media if one.file.type != "video/mp4"),
        captions=tuple(
            Captions(
                track.language,
                track.label,
                track.file,
                made.pieces.subtitles[text.name].captions,
            )
            for track, text in zip(made.captions, made.plan.subtitles, strict=True)
        ),
        chapters=made.chapters,
        poster=made.cover,
    )


def _media(made: Made, order: Order, product: Product) -> Media:
    file = product.files[0].file
    sound = made.pieces.sounds.get(order.name)
    return Media(file, LABELS[file.type], sound.start if sound else Fraction(0))

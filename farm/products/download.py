"""One MP4, made of the segments of one rendition."""

from collections.abc import Iterator

from encoders.download.task import DownloadSound, DownloadTask, DownloadText
from encoders.profiles import Download
from farm.plan.languages import iso_639_2
from farm.plan.model import ProfilePlan
from farm.products.inputs import media_inputs, segment_inputs
from farm.products.model import Made, Order

WEIGHT = 0.01


def download_orders(made: Made, asked: ProfilePlan, profile: Download) -> Iterator[Order]:
    runs = [run for name in asked.renditions for run in made.pieces.encoded[name]]
    plans = [one for one in made.plan.audio if one.name in asked.audio]
    tracks = [
        DownloadSound(iso_639_2(one.language), one.label, made.pieces.audio[one.name].encoded)
        for one in plans
    ]
    languages = (*(one.language for one in plans), *(one.language for one in made.captions))
    yield Order(
        profile=profile,
        name=profile.name,
        languages=tuple(dict.fromkeys(languages)),
        task=DownloadTask(
            name=profile.name,
            video=tuple(runs),
            sounds=tuple(tracks),
            texts=tuple(
                DownloadText(iso_639_2(one.language), one.label, one.file) for one in made.captions
            ),
            chapters=made.chapters,
            cover=made.cover,
            tags=made.tags,
            duration=made.duration,
            inputs="",
            folder="",
        ),
        inputs=(
            *segment_inputs(made.lesson, runs),
            *segment_inputs(made.lesson, [track.encoded for track in tracks]),
            *media_inputs(made.lesson, [*(one.file for one in made.captions), made.cover]),
        ),
        weight=float(made.duration) * WEIGHT,
    )

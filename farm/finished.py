"""A finished lesson as its release tells it: everything that was made, in `manifests` values."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from encoders.facts import Facts
from encoders.product import Product as MadeProduct
from encoders.profiles import Streaming as StreamingProfile
from farm.lesson import Lesson, Streaming, assemble
from farm.metadata import CAPTIONS
from farm.model import Recording
from farm.package import object_of, poster, presentation
from farm.pictures import picture_findings
from farm.products.model import Made, Order
from manifests.model import About, CaptionFile, Chapter, Product, ProductFile

Finished = tuple[Order, MadeProduct]


def lesson_of(
    recording: Recording,
    facts: Facts,
    about: About,
    made: Made,
    finished: Sequence[Finished],
) -> Lesson:
    """Raises EncodeFailed where what was made does not fit together."""
    plan, pieces = made.plan, made.pieces
    findings = picture_findings(pieces.pictures, facts) if plan.chunks else facts.findings
    captions = [one for text in plan.subtitles for one in pieces.subtitles[text.name].findings]
    return assemble(
        recording,
        facts,
        (*findings, *captions),
        about,
        streaming=_streaming(made),
        products=[_product(orders, plan.duration) for orders in _by_profile(finished)],
        chapters=[
            Chapter(one.start, one.title, object_of(one.picture) if one.picture else None)
            for one in made.chapters
        ],
        captions=[
            CaptionFile(one.language, one.label, object_of(one.file)) for one in made.captions
        ],
        poster=poster(pieces),
        pieces=[object_of(file) for order, _ in finished for file in order.kept],
        notes=_notes(made),
    )


def _streaming(made: Made) -> Streaming | None:
    shown = presentation(made.plan, made.pieces)
    if shown is None:
        return None
    profile = next(
        one.profile for one in made.plan.profiles if isinstance(one.profile, StreamingProfile)
    )
    return Streaming(shown, profile.name, profile.title, profile.title_zh)


def _by_profile(finished: Sequence[Finished]) -> list[list[Finished]]:
    return [list(group) for _, group in groupby(finished, key=lambda one: one[0].profile.name)]


def _product(group: Sequence[Finished], duration: Fraction) -> Product:
    """All files of one profile. `duration` of the lesson, where they have none of their own."""
    order, first = group[0]
    return Product(
        profile=order.profile.name,
        kind=order.profile.kind,
        title=order.profile.title,
        title_zh=order.profile.title_zh,
        files=tuple(
            ProductFile(_role(one.role, each, len(group)), object_of(one.file))
            for each, product in group
            for one in product.files
        ),
        duration=first.duration or duration,
        bit_rate=_bit_rate(first) if len(group) == 1 else None,
        codecs=tuple(dict.fromkeys(codec for _, product in group for codec in product.codecs)),
        languages=tuple(dict.fromkeys(tag for each, _ in group for tag in each.languages)),
        measured=_measured(group),
        parts=order.parts,
    )


def _role(role: str, order: Order, files: int) -> str:
    """Which of several files it is is part of what it is."""
    short = order.name.removeprefix(f"{order.profile.name}-")
    return role if files == 1 else f"{role} {short}"


def _bit_rate(product: MadeProduct) -> int | None:
    size = product.files[0].file.size
    return int(size * 8 / product.duration) if product.duration else None


def _measured(group: Sequence[Finished]) -> Mapping[str, float]:
    if len(group) == 1:
        return group[0][1].measured
    return {
        f"{order.name.removeprefix(f'{order.profile.name}-')} {name}": value
        for order, product in group
        for name, value in product.measured.items()
    }


def _notes(made: Made) -> Mapping[str, Any]:
    """What was measured of sound in segments, by profile; and whether captions were burnt in."""
    drawn = any(one.burn for chunk in made.plan.chunks for one in chunk.task.rasters)
    captions = {CAPTIONS: {"burnt": True}} if drawn else {}
    return captions | {
        one.profile.name: {
            "audio": {
                name: {
                    "loudness_lkfs": made.pieces.audio[name].loudness,
                    "true_peak_dbtp": made.pieces.audio[name].true_peak,
                }
                for name in one.audio
            }
        }
        for one in made.plan.profiles
        if one.audio
    }

"""Products: what the profiles' files are made of, decided once the pieces are there. Pure."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from encoders.product import CaptionTrack
from encoders.profiles import AudioFiles, Broadcast, Download, Dvd, VideoCd
from farm.chapters import chapters
from farm.model import Recording
from farm.package import Pieces
from farm.plan.model import Plan
from farm.products.audio import audio_orders
from farm.products.broadcast import broadcast_orders
from farm.products.data_disc import data_disc_orders
from farm.products.download import download_orders
from farm.products.dvd import dvd_orders
from farm.products.model import Made, Order
from farm.products.video_cd import video_cd_orders
from manifests.model import About

__all__ = ["Made", "Order", "data_disc_orders", "made_of", "orders"]


def made_of(
    recording: Recording,
    about: About,
    plan: Plan,
    pieces: Pieces,
    own: Sequence[tuple[Fraction, str]],
) -> Made:
    """`own`: chapters the recording came with, starts and titles."""
    changes = [one.changes for one in pieces.pictures if one.changes is not None]
    return Made(
        lesson=recording.lesson,
        plan=plan,
        pieces=pieces,
        chapters=chapters(changes, plan.duration, own),
        captions=tuple(
            CaptionTrack(one.language, one.label, pieces.subtitles[one.name].whole)
            for one in plan.subtitles
        ),
        cover=next((one.poster for one in pieces.pictures if one.poster), None),
        about=about,
        published=recording.date,
    )


def orders(made: Made) -> Iterator[Order]:
    """Every product that is made of pieces; data discs are made of products."""
    for asked in made.plan.profiles:
        match asked.profile:
            case Broadcast():
                yield from broadcast_orders(made, asked, asked.profile)
            case Download():
                yield from download_orders(made, asked, asked.profile)
            case Dvd():
                yield from dvd_orders(made, asked, asked.profile)
            case AudioFiles():
                yield from audio_orders(made, asked, asked.profile)
            case VideoCd():
                yield from video_cd_orders(made, asked, asked.profile)
            case _:
                pass

"""A multivariant playlist with fewer pictures is the same playlist, without some."""

from collections.abc import Callable

import pytest

from manifests.m3u8 import read_multivariant
from manifests.model import Presentation
from manifests.narrow import narrowed
from tests.manifests.lessons import audio_programme, lesson, texts_of, two_languages

MASTER = "master.m3u8"


def heights(text: str) -> tuple[list[str], list[str]]:
    """Of variants, sound alone as nothing, and of the pictures to seek by."""
    playlist = read_multivariant(text)
    variants, iframes = (
        sorted(one.attributes.get("RESOLUTION", "").partition("x")[2] for one in ones)
        for ones in (playlist.variants, playlist.iframes)
    )
    return variants, iframes


@pytest.mark.parametrize(
    ("height", "left"),
    [
        (720, ["240", "480", "720"]),
        (719, ["240", "480"]),
        (480, ["240", "480"]),
        (240, ["240"]),
        (1, ["240"]),
    ],
)
def test_larger_pictures_go(height: int, left: list[str]) -> None:
    text = narrowed(texts_of(lesson())[MASTER], height)
    assert heights(text) == (["", *left], left)


def test_sound_and_captions_stay() -> None:
    text = texts_of(two_languages())[MASTER]
    before, after = read_multivariant(text), read_multivariant(narrowed(text, 240))
    assert after.media == before.media
    assert (after.version, after.independent) == (before.version, before.independent)


@pytest.mark.parametrize("made", [lesson, two_languages, audio_programme])
def test_where_nothing_goes_not_a_byte_changes(made: Callable[[], Presentation]) -> None:
    text = texts_of(made())[MASTER]
    assert narrowed(text, 720) == text

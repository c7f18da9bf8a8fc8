"""A plan fits the recording, and depends on nothing else."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.profiles import load
from farm.plan import make_plan
from tests.facts import audio, facts, key_frames, video

HLS = load()["hls"]


def plan(picture: Any, *sound: Any) -> Any:
    return make_plan(facts(picture, sound), HLS, "recording.mp4")


def sizes(**changes: Any) -> dict[str, tuple[int, int]]:
    chunks = plan(video(60, **changes)).chunks
    return {r.name: (r.width, r.height) for r in chunks[0].task.renditions}


def test_rungs_fit_the_source() -> None:
    assert list(sizes(width=1920, height=1080)) == ["240p", "360p", "480p", "720p", "1080p"]
    assert list(sizes()) == ["240p", "360p", "480p", "720p"]
    assert list(sizes(width=854, height=479)) == ["240p", "360p"]


def test_a_source_below_all_rungs_keeps_its_size() -> None:
    assert sizes(width=176, height=144) == {"144p": (176, 144)}


@pytest.mark.parametrize(
    ("changes", "lowest"),
    [
        ({}, (426, 240)),
        ({"rotation": 90}, (240, 426)),
        ({"width": 720, "height": 576, "sample_aspect": Fraction(16, 15)}, (320, 240)),
        ({"width": 720, "height": 576, "sample_aspect": Fraction(64, 45)}, (426, 240)),
        ({"width": 1542, "height": 600, "sample_aspect": Fraction(4625, 4626)}, (616, 240)),
    ],
    ids=["16:9", "portrait", "PAL 4:3", "PAL 16:9", "wide"],
)
def test_shape_is_kept(changes: dict[str, Any], lowest: tuple[int, int]) -> None:
    assert sizes(**changes)["240p"] == lowest


@pytest.mark.parametrize(
    ("source", "variable", "wanted"),
    [
        (Fraction(25), False, Fraction(25)),
        (Fraction(60), False, Fraction(30)),
        (Fraction(50), False, Fraction(25)),
        (Fraction(60000, 1001), False, Fraction(30000, 1001)),
        (Fraction(30000, 1001), False, Fraction(30000, 1001)),
        (Fraction(120), False, Fraction(30)),
        (Fraction(31), False, Fraction(30)),
        (Fraction(1), False, Fraction(1)),
        (Fraction(23), True, Fraction(24)),
        (Fraction(600), True, Fraction(30)),
    ],
)
def test_rate(source: Fraction, variable: bool, wanted: Fraction) -> None:
    assert plan(video(60, rate=source, variable=variable)).rate == wanted


@given(
    gaps=st.lists(st.integers(1, 90), min_size=1, max_size=200),
    tail=st.integers(1, 60),
)
def test_chunks_partition_the_lesson_at_key_frames(gaps: list[int], tail: int) -> None:
    times = [sum(gaps[:n]) for n in range(len(gaps))]
    seconds = times[-1] + tail
    made = plan(video(seconds, key_frames=key_frames(list(times))))
    spans = [(chunk.task.first, chunk.task.last) for chunk in made.chunks]
    assert spans[0][0] == 0
    assert spans[-1][1] == seconds * 25
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(first < last for first, last in spans)
    for before, after in pairwise(made.chunks):
        assert before.task.source.stop == after.task.source.start
        assert after.task.first == after.task.source.start.time * 25
    assert made.chunks[-1].task.source.stop is None


def test_chunks_last_about_half_a_minute_and_less_at_the_end() -> None:
    lengths = [(chunk.task.last - chunk.task.first) / 25 for chunk in plan(video(3600)).chunks]
    assert set(lengths[:100]) == {30.0}
    assert max(lengths[-3:]) < 30
    assert min(lengths) >= 12


@pytest.mark.parametrize("gop", [8, 10, 12])
def test_long_gops_are_never_split(gop: int) -> None:
    for chunk in plan(video(600, gop=gop)).chunks:
        assert chunk.task.first % (gop * 25) == 0


def test_a_recording_with_one_key_frame_is_one_chunk() -> None:
    assert len(plan(video(3600, gop=3600)).chunks) == 1


def test_the_poster_is_in_exactly_one_chunk_and_thumbnails_are_five_seconds_apart() -> None:
    chunks = plan(video(100)).chunks
    assert sum(chunk.task.poster is not None for chunk in chunks) == 1
    frames = [f for chunk in chunks if chunk.task.thumbnails for f in chunk.task.thumbnails.frames]
    assert frames == list(range(0, 2500, 125))


def test_sound_lasts_as_long_as_the_pictures() -> None:
    made = plan(video(60, stop=Fraction(6001, 100)), audio(61))
    assert made.audio[0].task.duration == made.duration == 61
    assert made.chunks[-1].task.last == 61 * 25


def test_a_dead_channel_makes_a_mono_lesson() -> None:
    sound = plan(video(60), audio(60, dead_channels=(1,))).audio[0].task
    assert (sound.live_channels, sound.rendition.channels) == ((0,), 1)


def test_an_audio_programme_has_no_pictures() -> None:
    made = plan(None, audio(60, channels=1))
    assert made.chunks == ()
    assert made.duration == 60
    assert made.audio[0].task.rendition.channels == 1

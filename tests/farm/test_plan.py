"""A plan fits the recording, and depends on nothing else."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.decode import Decoder, Shown
from encoders.facts import KeyFrame
from encoders.inspect import inspect
from encoders.profiles import load
from encoders.slots import runs
from encoders.tasks import ChunkTask, InspectTask, Limits
from farm.plan.model import ChunkPlan, Plan
from tests.facts import audio, facts, key_frames, planned, video
from tests.media import lecture, luma_of, number_of, tone

HLS = load()["hls"]


def plan(picture: Any, *sound: Any) -> Any:
    return planned(facts(picture, sound), HLS)


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
        (Fraction(3), True, Fraction(12)),
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
    assert made.audio[0].task.sources[0].duration == made.duration == 61
    assert made.chunks[-1].task.last == 61 * 25


def test_a_dead_channel_makes_a_mono_lesson() -> None:
    sound = plan(video(60), audio(60, dead_channels=(1,))).audio[0].task
    assert (sound.sources[0].live_channels, sound.rendition.channels) == ((0,), 1)


def test_an_audio_programme_has_no_pictures() -> None:
    made = plan(None, audio(60, channels=1))
    assert made.chunks == ()
    assert made.duration == 60
    assert made.audio[0].task.rendition.channels == 1


HOUR = 3600
NTSC = Fraction(1000, 1001)
TICK = Fraction(1, 1000)
Times = Callable[[int], Fraction]


def clocked(rate: Fraction, start: Fraction = Fraction(0)) -> Times:
    """When picture n is shown, as a container says it that counts milliseconds."""
    return lambda n: round((start + n / rate) / TICK) * TICK


def hour(times: Times, rate: Fraction, count: int) -> Plan:
    """The plan of so many pictures of which every 250th is a key frame, and of sound from 0 on."""
    keys = tuple(
        KeyFrame(n, int(times(n) / TICK), int(times(n) / TICK), times(n), 0, n)
        for n in range(0, count, 250)
    )
    picture = video(
        HOUR,
        rate=rate,
        time_base=TICK,
        start=times(0),
        stop=times(count),
        key_frames=keys,
        frames=count,
        packets=count,
    )
    return planned(facts(picture, (audio(60),)), HLS)


def laid(task: ChunkTask, times: Times, count: int) -> list[Any]:
    """The number of the picture in each slot of a chunk."""
    source, grid = task.source, task.source.grid
    numbers: Iterable[Any] = range(
        source.start.packet, source.stop.packet if source.stop else count
    )
    placed = [Shown(grid.settled(times(n)) if grid else times(n), n) for n in numbers]
    found = runs(placed, task.rate, task.first, task.last)
    return [run.frame for run in found for _ in range(run.first, run.last)]


def steps(chunks: Sequence[ChunkPlan], times: Times, count: int) -> list[int]:
    """By how many pictures each slot is further than the one before."""
    slots = [n for chunk in chunks for n in laid(chunk.task, times, count)]
    return [after - before for before, after in pairwise(slots)]


@pytest.mark.parametrize("start", [0, 13, 21])
@pytest.mark.parametrize(
    ("rate", "every"),
    [(60, 2), (60 * NTSC, 2), (48, 2), (120, 4), (24 * NTSC, 1), (30 * NTSC, 1), (24, 1)],
    ids=str,
)
def test_milliseconds_make_no_judder(rate: Fraction, every: int, start: int) -> None:
    """At the start of an hour, where the first picture may stand in for none, and at its end."""
    rate, count = Fraction(rate), int(HOUR * rate)
    times = clocked(rate, start * TICK)
    made = hour(times, rate, count)
    assert made.rate == rate / every
    assert set(steps(made.chunks[:3], times, count)[1:]) == {every}
    assert set(steps(made.chunks[-3:], times, count)) <= {every}
    assert laid(made.chunks[-1].task, times, count)[-1] >= count - every


@pytest.mark.parametrize("nominal", [30, 60])
def test_a_slow_clock_costs_a_picture_now_and_then(nominal: int) -> None:
    """It says 60 and means 59.94: what is too much or too little is even."""
    rate = Fraction(nominal)
    count = int(HOUR * rate * NTSC)
    times = clocked(rate * NTSC)
    made = hour(times, rate, count)
    for chunks in (made.chunks[:4], made.chunks[40:44], made.chunks[-5:-1]):
        found = steps(chunks, times, count)
        odd = [step for step in found if step != nominal // 30]
        assert len(odd) <= len(found) * (nominal // 30) / 1000 + 2


def test_after_a_pause_motion_is_even_again() -> None:
    rate, count = Fraction(60), HOUR * 60
    even = clocked(rate)

    def times(n: int) -> Fraction:
        return even(n) + (0 if n < count // 2 else Fraction(2508, 1000))

    made = hour(times, rate, count)
    assert set(steps(made.chunks[:3], times, count)) == {2}
    assert set(steps(made.chunks[-4:], times, count)) == {2}


def test_a_first_picture_that_is_early_does_not_matter() -> None:
    rate, count = Fraction(60), HOUR * 60
    even = clocked(rate, Fraction(1, 30))

    def times(n: int) -> Fraction:
        return even(n) if n else even(n) - Fraction(7, 1000)

    assert set(steps(hour(times, rate, count).chunks[1:4], times, count)) == {2}


def test_a_variable_rate_has_no_grid() -> None:
    chunks = plan(video(60, variable=True)).chunks
    assert {chunk.task.source.grid for chunk in chunks} == {None}


@pytest.mark.parametrize(
    ("name", "rate", "every"),
    [
        ("a.mkv", Fraction(60), 2),
        ("a.mkv", 60 * NTSC, 2),
        ("a.mkv", Fraction(48), 2),
        ("a.flv", 24 * NTSC, 1),  # the sound's priming puts the pictures 21 ms later
    ],
    ids=str,
)
def test_real_milliseconds(name: str, rate: Fraction, every: int, tmp_path: Path) -> None:
    """From the file to the slots: inspected, planned, and every chunk decoded.

    The last slot may be filled up: sound is a little longer.
    """
    count = round(6 * rate)
    path = lecture(
        tmp_path / name,
        seconds=6,
        size=(96, 54),
        gop=round(rate) + 1,  # key frames less than a second apart do not count
        rate=rate,
        times=[n / rate for n in range(count)],
        sound=tone(),
    )
    found = inspect(InspectTask(source=str(path), limits=Limits()))
    made = planned(found, replace(HLS, chunk=Fraction(2), segment=Fraction(1)), path=str(path))
    assert len(made.chunks) > 1
    slots: list[int] = []
    for task in (chunk.task for chunk in made.chunks):
        with closing(Decoder(task.source)) as decoder:
            for run in runs(decoder.pictures(), task.rate, task.first, task.last):
                slots += [number_of(luma_of(run.frame))] * (run.last - run.first)
    assert {after - before for before, after in pairwise(slots[1:-1])} == {every}
    assert slots[-1] >= count - every

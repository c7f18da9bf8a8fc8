"""Titles of GOPs of several qualities: without a seam, and never faster than a player reads."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from encoders.dvd.join import Buffer, Joiner
from encoders.dvd.limits import VBV, VIDEO_RATE
from encoders.dvd.mux import OPTIONS, mux
from encoders.dvd.task import DvdParts, DvdTitle, runs, spread
from encoders.tasks import Elementary, Gop
from encoders.verify import Faulty
from tests.encoders.dvds import at_quality, make_parts
from tests.media import luma_of, noise, number_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pieces")


@pytest.fixture(scope="module")
def parts(folder: Path) -> DvdParts:
    return make_parts(folder, "slides", quantisers=(2, 6, 16))


def muxed(parts: DvdParts, choice: tuple[int, ...], folder: Path, out: Path) -> Path:
    done = mux(DvdTitle(1, parts, runs(choice)), folder, out, lambda _: None)
    assert done.pictures == parts.duration * parts.rate
    return out


def test_qualities_follow_each_other_without_a_seam(
    parts: DvdParts, folder: Path, tmp_path: Path
) -> None:
    choice = tuple(n % 3 for n in range(len(at_quality(parts, 0))))
    with av.open(str(muxed(parts, choice, folder, tmp_path / "title.mpg")), "r") as container:
        frames = list(container.decode(container.streams.video[0]))
    assert [number_of(luma_of(frame)) for frame in frames] == list(range(150))
    times = [frame.pts * frame.time_base for frame in frames if frame.pts is not None]
    assert {b - a for a, b in pairwise(times)} == {Fraction(1, 25)}


def test_a_gop_is_taken_as_it_was_chosen(parts: DvdParts, folder: Path) -> None:
    choice = (0, 2, 2, 1, 0, 0, 1, 2, 0, 2)
    sizes: list[int] = []
    for packet in Joiner(DvdTitle(1, parts, runs(choice)), folder).pictures():
        if packet.is_keyframe:
            sizes.append(0)
        sizes[-1] += packet.size
    whole = [[gop.bytes for piece in pieces for gop in piece.gops] for pieces in parts.qualities]
    assert sizes == [whole[quality][n] for n, quality in enumerate(choice)]
    assert spread(runs(choice)) == choice


def test_sound_is_in_time_with_the_picture(parts: DvdParts, folder: Path, tmp_path: Path) -> None:
    """Sample 0 of what is heard is 256 samples behind the first one AC-3 gives out."""
    path = muxed(parts, at_quality(parts, 0), folder, tmp_path / "title.mpg")
    with av.open(str(path), "r") as container:
        firsts = {
            stream.type: min(
                packet.pts * packet.time_base
                for packet in list(container.demux(stream))[:30]
                if packet.pts is not None and packet.size
            )
            for stream in (container.streams.audio[0],)
        }
    with av.open(str(path), "r") as container:
        picture = next(container.decode(container.streams.video[0]))
    assert picture.pts is not None
    shown = picture.pts * picture.time_base
    assert abs(shown - firsts["audio"] - Fraction(256, 48_000)) < Fraction(1, 10_000)


def test_a_gop_that_would_come_too_late_is_taken_coarser(folder: Path) -> None:
    """Noise of two qualities: what would come too late by itself gives way."""
    parts = make_parts(folder, "noise", seconds=3, size=(352, 288), quantisers=(2, 31), paint=noise)
    title = DvdTitle(1, parts, runs(at_quality(parts, 0)))
    free, tight = Joiner(title, folder), Joiner(title, folder)
    assert len(list(free.pictures())) == len(list(_slowed(tight).pictures())) == 75
    assert free.coarsened == 0
    assert 0 < tight.coarsened <= 5


def _slowed(joiner: Joiner) -> Joiner:
    """As a player would that reads a third as fast."""
    parts = joiner._title.parts
    rates = [sum(g.bytes for p in q for g in p.gops) * 8 / parts.duration for q in parts.qualities]
    joiner._buffer = Buffer(int(sum(rates) / 2), parts.rate)
    return joiner


def test_pictures_no_quality_brings_in_time_are_refused(folder: Path, parts: DvdParts) -> None:
    joiner = Joiner(DvdTitle(1, parts, runs(at_quality(parts, 0))), folder)
    joiner._buffer = Buffer(20_000, parts.rate)
    with pytest.raises(Faulty, match="need more bits than a DVD brings in time"):
        list(joiner.pictures())


def test_the_buffer_is_that_of_the_standard() -> None:
    buffer = Buffer(VIDEO_RATE, Fraction(25))
    assert buffer.after([VBV // 8]) == VIDEO_RATE / Fraction(25)
    assert buffer.after([VBV // 8 + 1]) is None
    assert buffer.after([VBV // 8, VIDEO_RATE // 25 // 8, 0]) == 2 * VIDEO_RATE // 25
    assert buffer.after([0] * 100) == VBV


def test_a_piece_that_is_not_what_it_says_is_refused(parts: DvdParts, folder: Path) -> None:
    def wrong(piece: Elementary) -> Elementary:
        return replace(piece, gops=(Gop(15, piece.gops[0].bytes + 1), *piece.gops[1:]))

    first, *rest = parts.qualities
    bad = replace(parts, qualities=(tuple(map(wrong, first)), *rest))
    with pytest.raises(Faulty, match="does not hold the GOPs it is said to hold"):
        list(Joiner(DvdTitle(1, bad, runs(at_quality(bad, 0))), folder).pictures())


def test_fields_stay_fields(folder: Path, tmp_path: Path) -> None:
    parts = make_parts(folder, "woven", seconds=2, size=(352, 576), fields=True)
    path = muxed(parts, at_quality(parts, 1), folder, tmp_path / "woven.mpg")
    with av.open(str(path), "r") as container:
        assert all(f.interlaced_frame for f in container.decode(container.streams.video[0]))


def test_a_stream_that_does_not_come_off_the_disc_in_time_is_refused(
    parts: DvdParts, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A muxer that is held to a slower disc: what FFmpeg only warns of ends it."""
    monkeypatch.setitem(OPTIONS, "muxrate", "400000")
    with pytest.raises(Faulty, match="does not come off the disc in time"):
        muxed(parts, at_quality(parts, 0), folder, tmp_path / "slow.mpg")

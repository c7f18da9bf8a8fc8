"""Clocks that start late, jump or stray, and ends that are missing: mended, and said."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from encoders.decode import Decoder
from encoders.facts import Facts, Shift
from encoders.inspect.jumps import Jumps
from encoders.tasks import Source
from tests.encoders.inspection import audio_of, codes, inspected, named, video_of
from tests.media import lecture, luma_of, number_of, tone
from tests.tools.programs import ffmpeg, run

TICK = Fraction(1, 1000)


def shown(path: Path, facts: Facts) -> list[tuple[Fraction, int]]:
    """Times and burnt-in numbers of all pictures, decoded span by span as chunks are."""
    video = video_of(facts)
    pictures: list[tuple[Fraction, int]] = []
    for start, stop in zip(video.key_frames, (*video.key_frames[1:], None), strict=True):
        source = Source(
            path=str(path),
            stream=video.stream,
            start=start,
            stop=stop,
            shifts=video.shifts,
            origin=facts.origin,
            grid=None,
            seekable=video.seekable,
        )
        decoder = Decoder(source)
        pictures += [(one.time, number_of(luma_of(one.frame))) for one in decoder.pictures()]
        decoder.close()
    return pictures


def remuxed(source: Path, target: Path, *options: str, before: tuple[str, ...] = ()) -> Path:
    command = [ffmpeg(), "-v", "error", "-y", *before, "-i", source, "-c", "copy", *options, target]
    run(command).ok()
    return target


@pytest.mark.parametrize("extension", ["mp4", "mkv", "mov", "ts", "avi", "flv"])
@pytest.mark.parametrize("gop", [25, 26])  # x264 leaves leading pictures only in the second one
def test_spans_between_key_frames_hold_every_picture_once(
    extension: str, gop: int, tmp_path: Path
) -> None:
    path = tmp_path / f"lecture.{extension}"
    open_gop = extension != "avi"  # which cannot say which pictures lead
    lecture(path, seconds=4, gop=gop, b_frames=3, open_gop=open_gop, sound=tone())
    facts = inspected(path)
    video = video_of(facts)
    assert video.seekable
    assert (video.rate, video.variable, video.frames) == (25, False, 100)
    assert len(video.key_frames) == 4
    leads = gop == 26 and open_gop
    assert [key.leading > 0 for key in video.key_frames] == [False, *[leads] * 3]
    pictures = shown(path, facts)
    assert [number for _, number in pictures] == list(range(100))
    assert pictures[0][0] == video.start
    assert all(
        abs(after - before - Fraction(1, 25)) <= TICK
        for (before, _), (after, _) in pairwise(pictures)
    )


@pytest.mark.parametrize("codec", ["mpeg2video", "mpeg1video"])
def test_program_streams_with_leading_pictures(codec: str, tmp_path: Path) -> None:
    path = lecture(
        tmp_path / "lecture.mpg", seconds=4, gop=13, b_frames=2, open_gop=True, codec=codec
    )
    facts = inspected(path)
    assert any(key.leading for key in video_of(facts).key_frames)
    assert [number for _, number in shown(path, facts)] == list(range(100))


def test_key_frames_are_at_least_a_second_apart(tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.mp4", seconds=4, gop=5)
    keys = video_of(inspected(path)).key_frames
    assert [key.time for key in keys] == [0, 1, 2, 3]
    assert [key.packet for key in keys] == [0, 25, 50, 75]
    assert [key.bytes for key in keys] == sorted(key.bytes for key in keys)


class TestJoined:
    """Transport streams, one after the other, as a recorder that was restarted leaves them."""

    @pytest.fixture
    def joined(self, tmp_path: Path) -> Callable[..., Path]:
        first = lecture(tmp_path / "a.mp4", seconds=3, gop=25, b_frames=2, sound=tone())
        second = lecture(tmp_path / "b.mp4", seconds=3, gop=25, b_frames=2, first=75, sound=tone())

        def join(offset: float) -> Path:
            head = remuxed(first, tmp_path / "a.ts")
            tail = remuxed(second, tmp_path / "b.ts", "-output_ts_offset", str(offset))
            path = tmp_path / "lecture.ts"
            path.write_bytes(head.read_bytes() + tail.read_bytes())
            return path

        return join

    @pytest.mark.parametrize("offset", [0, 100, 3000, -1])
    def test_picture_and_sound_go_on_together(
        self, joined: Callable[..., Path], offset: float
    ) -> None:
        path = joined(offset)
        facts = inspected(path)
        video, audio = video_of(facts), audio_of(facts)
        assert float(facts.duration) == pytest.approx(6, abs=0.15)
        assert {f.code for f in facts.findings} == {"timestamp-jump", "broken-index"}
        jump = named(facts, "timestamp-jump")[0]
        assert jump.start is not None
        assert float(jump.start) == pytest.approx(3, abs=0.1)
        assert len(video.shifts) == len(audio.shifts) == 1
        apart = video.shifts[0].offset * video.time_base - audio.shifts[0].offset * audio.time_base
        assert apart == 0
        assert not video.seekable
        pictures = shown(path, facts)
        assert [number for _, number in pictures] == list(range(150))
        steps = [after[0] - before[0] for before, after in pairwise(pictures)]
        assert all(abs(step - Fraction(1, 25)) < Fraction(1, 10) for step in steps)

    def test_a_short_pause_is_a_gap_and_no_jump(self, joined: Callable[..., Path]) -> None:
        facts = inspected(joined(3 + 4))
        assert float(facts.duration) == pytest.approx(10, abs=0.15)
        assert codes(facts) >= {"video-gap", "audio-gap"}
        assert "timestamp-jump" not in codes(facts)
        gap = named(facts, "video-gap")[0]
        assert gap.start is not None
        assert gap.stop is not None
        assert float(gap.stop - gap.start) == pytest.approx(4, abs=0.15)


def test_a_wrapped_clock_is_no_jump(tmp_path: Path) -> None:
    """33 bits at 90 kHz end after 26.5 hours."""
    source = lecture(tmp_path / "a.mp4", seconds=4, sound=tone())
    path = remuxed(source, tmp_path / "lecture.ts", "-output_ts_offset", str(2**33 / 90_000 - 3))
    facts = inspected(path)
    assert float(facts.duration) == pytest.approx(4.02, abs=0.1)
    assert video_of(facts).frames == 100


def test_slides_that_stand_for_long_are_no_jump(tmp_path: Path) -> None:
    """A screen recorder writes a picture only where something changes."""
    times = [Fraction(t) for t in (0, 1, 15, 40, 41, 80)]
    for extension in ("mkv", "mp4"):
        path = lecture(tmp_path / f"lecture.{extension}", times=times)
        facts = inspected(path)
        assert codes(facts) == {"no-audio", "variable-rate"}
        assert facts.duration >= 80
        assert [round(time) for time, _ in shown(path, facts)] == times


def test_slides_with_sound_that_goes_on_are_no_jump(tmp_path: Path) -> None:
    times = [Fraction(t) for t in (0, 1, 15, 28)]
    path = lecture(tmp_path / "lecture.mkv", times=times, seconds=30, sound=tone())
    facts = inspected(path)
    assert "timestamp-jump" not in codes(facts)
    assert float(facts.duration) == pytest.approx(30, abs=0.1)


def test_a_late_clock_is_set_to_zero(tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.mp4", seconds=1, start=Fraction(5))
    facts = inspected(remuxed(path, tmp_path / "late.mkv", "-copyts"))
    assert facts.origin == 5
    assert (facts.duration, video_of(facts).start) == (1, 0)
    assert codes(facts) == {"starts-late", "no-audio"}


def test_a_transport_stream_may_start_anywhere(tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.ts", seconds=1, start=Fraction(500))
    assert codes(inspected(path)) == {"no-audio"}


def test_sound_and_picture_that_do_not_start_and_end_together(tmp_path: Path) -> None:
    late = inspected(
        lecture(tmp_path / "a.mkv", seconds=4, start=Fraction(8, 5), sound=tone())
    )  # the sound starts at zero and is 4 s long
    assert named(late, "video-starts-late")[0].stop == Fraction(8, 5)
    assert video_of(late).start == Fraction(8, 5)
    assert "audio-ends-early" in codes(late)
    times = [Fraction(n, 25) for n in range(50)]
    early = inspected(lecture(tmp_path / "b.mkv", times=times, seconds=4, sound=tone()))
    assert named(early, "video-ends-early")[0].start == 2


@pytest.mark.parametrize("extension", ["mp4", "mkv", "avi"])
def test_what_breaks_off_is_used_as_far_as_it_goes(extension: str, tmp_path: Path) -> None:
    whole = lecture(tmp_path / "a.mp4", seconds=6, sound=tone())
    faststart = ("-movflags", "+faststart") if extension == "mp4" else ()
    path = remuxed(whole, tmp_path / f"lecture.{extension}", *faststart)
    assert "truncated" not in codes(inspected(path))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    facts = inspected(path)
    assert "truncated" in codes(facts)
    assert 2 < facts.duration < 5
    numbers = [number for _, number in shown(path, facts)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= video_of(facts).frames - 1


def test_milliseconds_do_not_make_a_rate_variable(tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.mkv", seconds=4, rate=Fraction(30000, 1001))
    video = video_of(inspected(path))
    assert video.time_base == TICK
    assert (video.rate, video.variable) == (Fraction(30000, 1001), False)


def test_a_rate_that_varies_is_told_at_its_highest(tmp_path: Path) -> None:
    slow = [Fraction(n, 2) for n in range(20)]
    fast = [10 + Fraction(n, 15) for n in range(60)]
    video = video_of(inspected(lecture(tmp_path / "lecture.mp4", times=slow + fast)))
    assert (video.rate, video.variable) == (15, True)


class TestJumps:
    """The clocks alone: (stream, stamp, length) in milliseconds, in file order."""

    @staticmethod
    def mended(packets: list[tuple[int, int, int]], discontinuous: bool = True) -> list[list[int]]:
        """Stamps of stream 0 (picture) and 1 (sound) after mending."""
        jumps = Jumps(discontinuous)
        stamps: list[list[int]] = [[], []]
        for stream in (0, 1):
            jumps.track(stream, stream == 1, TICK)
        for stream, stamp, length in packets:
            jumps.follow(stream, len(stamps[stream]), stamp * 1000, length * 1000)
            stamps[stream].append(stamp)
        return [_shifted(stamps[stream], jumps.shifts(stream)) for stream in (0, 1)]

    def test_both_streams_take_the_offset_of_the_first_that_jumps(self) -> None:
        before = [(s, t, 100) for t in range(0, 2000, 100) for s in (0, 1)]
        # The sound comes half a second later in the file than the picture of its time.
        late = [(0, 90_000 + t, 100) for t in range(0, 500, 100)]
        after = [
            p for t in range(500, 2000, 100) for p in ((0, 90_000 + t, 100), (1, t + 89_500, 100))
        ]
        picture, sound = self.mended(before + late + after)
        assert picture == list(range(0, 4000, 100))
        assert sound[20:] == list(range(2000, 3500, 100))

    def test_one_stray_stamp_moves_nothing_else(self) -> None:
        stray = [(0, t, 40) for t in range(0, 4000, 40)]
        for wrong in (5000, 90_000, -70_000):
            packets = [*stray[:50], (0, 2000 + wrong, 40), *stray[51:]]
            picture, _ = self.mended(packets)
            assert picture[51:] == list(range(2040, 4000, 40))
            assert abs(picture[50] - 2000) <= 40

    def test_a_packet_that_lies_about_its_length_moves_nothing(self) -> None:
        picture, _ = self.mended([(0, t, 8000) for t in range(0, 4000, 40)])
        assert picture == list(range(0, 4000, 40))

    def test_a_hole_in_picture_and_sound_is_closed_where_sound_says_so(self) -> None:
        before = [(s, t, 100) for t in range(0, 1000, 100) for s in (0, 1)]
        after = [(s, 60_000 + t, 100) for t in range(0, 1000, 100) for s in (0, 1)]
        picture, sound = self.mended(before + after, discontinuous=False)
        assert picture == sound == list(range(0, 2000, 100))

    def test_sound_that_ended_does_not_close_the_pauses_of_slides(self) -> None:
        sound = [(1, t, 100) for t in range(0, 1000, 100)]
        slides = [(0, t, 0) for t in range(0, 200_000, 20_000)]
        picture, _ = self.mended([*sound, *slides], discontinuous=False)
        assert picture == list(range(0, 200_000, 20_000))

    def test_a_pause_long_past_does_not_make_the_next_one_a_jump(self) -> None:
        """Pictures are missing once, later sound is, while the other goes on."""
        pictures = [(0, t, 100) for t in range(0, 60_000, 100) if not 10_000 <= t < 13_000]
        sound = [(1, t, 100) for t in range(0, 60_000, 100) if not 30_000 <= t < 42_000]
        packets = sorted([*pictures, *sound], key=lambda packet: packet[1])
        for discontinuous in (False, True):
            mended = self.mended(packets, discontinuous)
            assert mended == [[t for _, t, _ in pictures], [t for _, t, _ in sound]]

    def test_a_short_hole_in_the_sound_does_not_make_a_later_stall_a_jump(self) -> None:
        pictures = [(0, t, 100) for t in range(0, 60_000, 100) if not 30_000 <= t < 42_000]
        sound = [(1, t, 100) for t in range(0, 60_000, 100) if not 10_000 <= t < 12_000]
        packets = sorted([*pictures, *sound], key=lambda packet: packet[1])
        mended = self.mended(packets)
        assert mended == [[t for _, t, _ in pictures], [t for _, t, _ in sound]]


def _shifted(stamps: list[int], shifts: tuple[Shift, ...]) -> list[int]:
    mended = list(stamps)
    for shift in shifts:
        mended[shift.packet :] = [stamp + shift.offset for stamp in stamps[shift.packet :]]
    return mended

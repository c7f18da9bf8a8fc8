"""Segments of whole AAC frames on the video's grid, that any player joins; the same every time."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from encoders.audio import encode_audio
from encoders.audio.mix import matrix
from encoders.opening import Unreadable
from encoders.tasks import AudioResult
from tests.encoders.sound import (
    MONO,
    STEREO,
    clicks,
    encode,
    joined,
    loud_times,
    real,
    record,
    sound_of,
    speech,
    task_for,
)
from tests.tools.programs import ffmpeg, run

FRAME = 1024


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> tuple[AudioResult, Path]:
    folder = tmp_path_factory.mktemp("lesson")
    samples = speech(20.5, 44_100, 2, 0.05)
    source = record(folder / "a.mkv", [(Fraction(0), samples)], 44_100, layout="stereo")
    return encode(task_for(source, folder)), folder


def test_boundaries_do_not_drift_from_the_pictures(lesson: tuple[AudioResult, Path]) -> None:
    segments = lesson[0].encoded.segments
    assert len(segments) == 4
    for index, segment in enumerate(segments[1:], 1):
        assert abs(segment.start - index * 6 * 48_000) <= FRAME // 2
    ends = [segment.start + segment.duration for segment in segments]
    assert ends[:-1] == [segment.start for segment in segments[1:]]
    assert abs(ends[-1] - 20.5 * 48_000) <= FRAME // 2
    assert all(segment.duration == segment.samples * FRAME for segment in segments)


def test_segments_say_what_was_returned(lesson: tuple[AudioResult, Path]) -> None:
    """One moof and one mdat each, tfdt and sample count as in the result."""
    result, folder = lesson
    for number, segment in enumerate(result.encoded.segments, 1):
        data = (folder / segment.file.name).read_bytes()
        size, kind = struct.unpack_from(">I4s", data)
        assert kind == b"moof"
        rest, kind = struct.unpack_from(">I4s", data, size)
        assert kind == b"mdat"
        assert size + rest == len(data) == segment.file.size
        at = data.index(b"tfdt")
        assert struct.unpack_from(">Q", data, at + 8)[0] == segment.start
        assert struct.unpack_from(">I", data, data.index(b"mfhd") + 8)[0] == number
        assert struct.unpack_from(">I", data, data.index(b"trun") + 8)[0] == segment.samples


def test_names_types_and_codec(lesson: tuple[AudioResult, Path]) -> None:
    result, folder = lesson
    encoded = result.encoded
    assert encoded.codecs == "mp4a.40.2"
    assert encoded.timescale == 48_000
    assert encoded.init.name == f"audio-init-{encoded.init.sha256[:12]}.mp4"
    assert encoded.init.type == "audio/mp4"
    first = encoded.segments[1]
    assert first.file.name == f"audio-{first.start:010d}-{first.file.sha256[:12]}.m4s"
    assert first.file.type == "video/iso.segment"
    left = {path.name for path in folder.iterdir()} - {"a.mkv", "joined.mp4"}
    assert left == {encoded.init.name, *(segment.file.name for segment in encoded.segments)}


def test_pyav_and_ffmpeg_join_the_segments(lesson: tuple[AudioResult, Path]) -> None:
    result, folder = lesson
    path = joined(result, folder)
    frames = sum(segment.samples for segment in result.encoded.segments)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        stamps = [frame.pts for frame in container.decode(stream)]
        assert stream.codec_context.profile == "LC"
    assert stamps == [FRAME * number for number in range(frames)]
    command = [ffmpeg(), "-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "f32le", "-"]
    done = run([*command[:-1], folder / "all.f32"]).ok()
    assert done.err == ""
    assert (folder / "all.f32").stat().st_size == frames * FRAME * 2 * 4


def test_a_segment_decodes_without_those_before_it(lesson: tuple[AudioResult, Path]) -> None:
    result, folder = lesson
    last = result.encoded.segments[-1]
    path = folder / "last.mp4"
    path.write_bytes(
        (folder / result.encoded.init.name).read_bytes() + (folder / last.file.name).read_bytes()
    )
    with av.open(str(path)) as container:
        stamps = [frame.pts for frame in container.decode(audio=0)]
    assert stamps[0] == last.start
    assert len(stamps) == last.samples


def test_the_bit_rate_stays_within_the_renditions(lesson: tuple[AudioResult, Path]) -> None:
    size = sum(segment.file.size for segment in lesson[0].encoded.segments)
    assert 32_000 < size * 8 / 20.5 < 67_000


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), speech(7, 44_100, 1, 0.05))], 44_100)
    once = encode(task_for(source, tmp_path / "once"))
    again = encode(task_for(source, tmp_path / "again"))
    assert once.encoded == again.encoded


def test_progress_never_goes_back_and_ends_at_one(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), speech(7))])
    told: list[float] = []
    encode_audio(task_for(source, tmp_path), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_format_that_changes_midway(tmp_path: Path) -> None:
    """Two captures joined: 44.1 kHz mono, then 48 kHz stereo, as ADTS allows."""
    first = record(tmp_path / "a.aac", [(Fraction(0), clicks(3, [1.0], 44_100))], 44_100, "aac")
    both = np.repeat(clicks(3, [1.0]), 2, axis=0)
    second = record(tmp_path / "b.aac", [(Fraction(0), both)], 48_000, "aac", "stereo")
    task = task_for(first, tmp_path / "out", duration=Fraction(6))
    first.write_bytes(first.read_bytes() + second.read_bytes())
    path = joined(encode(task), tmp_path / "out")
    # ADTS has no times, so FFmpeg counts the second capture's frames at the first one's rate.
    expected = [1.0, 3 + 48_000 / 44_100]
    assert loud_times(path, expected) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("before", "after", "spoken"),
    [("stereo", "5.1", 2), ("mono", "stereo", 1)],
    ids=["the centre", "the right"],
)
def test_a_layout_that_changes_midway_loses_no_channel(
    tmp_path: Path, before: str, after: str, spoken: int
) -> None:
    """A broadcast: the announcement in one layout, then a film whose speaker is elsewhere."""
    click = clicks(3, [1.0])
    first = np.repeat(click, av.AudioLayout(before).nb_channels, axis=0)
    second = np.zeros((av.AudioLayout(after).nb_channels, click.shape[1]), np.float32)
    second[spoken] = click
    source = record(tmp_path / "a.aac", [(Fraction(0), first)], codec="aac", layout=before)
    film = record(tmp_path / "b.aac", [(Fraction(0), second)], codec="aac", layout=after)
    task = task_for(source, tmp_path / "out", duration=Fraction(6))
    source.write_bytes(source.read_bytes() + film.read_bytes())
    path = joined(encode(task), tmp_path / "out")
    assert loud_times(path, [1.0, 4.0]) == pytest.approx([1.0, 4.0], abs=0.1)
    samples, rate = sound_of(path)
    assert np.abs(samples[:, 3 * rate + rate // 2 :]).max() > 0.1


def test_seven_point_one(tmp_path: Path) -> None:
    """Eight planes a frame: one more than PyAV can read."""
    samples = np.zeros((8, 48_000), np.float32)
    samples[2] = clicks(1, [0.5])[0]
    source = record(tmp_path / "a.mp4", [(Fraction(0), samples)], codec="aac", layout="7.1")
    few = record(tmp_path / "b.mkv", [(Fraction(0), clicks(1, [0.5]))])
    task = task_for(
        few, tmp_path / "out", STEREO, path=str(source), channels=8, live_channels=tuple(range(8))
    )
    path = joined(encode(task), tmp_path / "out")
    assert loud_times(path, [0.5]) == pytest.approx([0.5], abs=0.05)


def test_a_very_short_recording(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), speech(0.02))])
    result = encode(task_for(source, tmp_path / "out", duration=Fraction(1, 1000)))
    assert [segment.samples for segment in result.encoded.segments] == [1]


def test_a_stream_that_is_no_sound_is_said_to_be(tmp_path: Path) -> None:
    source = record(tmp_path / "a.mkv", [(Fraction(0), speech(1))])
    task = task_for(source, tmp_path / "out", stream=5)
    with pytest.raises(Unreadable, match="stream 5 is not audio"):
        encode(task)


def test_unnamed_channels_are_left_and_right() -> None:
    assert matrix(("NONE", "NONE"), (0, 1), 2).tolist() == [[1, 0], [0, 1]]
    assert matrix(("NONE",) * 4, (0, 1, 2, 3), 1).tolist() == [[0.5, 0.5, 0.5, 0.5]]


def test_a_single_live_channel_is_all_of_the_sound() -> None:
    assert matrix(("FL", "FR"), (1,), 2).tolist() == [[0, 1], [0, 1]]
    assert matrix(("FC",), (0,), 1).tolist() == [[1]]


REAL = (
    "aac51.mp4",
    "aud_192k_32bit.flac",
    "aud_wb.amr",
    "aud_bigcover.mp3",
    "bad_failing_audio.mp4",
    "leg_asf_wmv2_gap.asf",
    "leg_phone_h263_amr.3gp",
    "leg_rv10_ac3.rmvb",
    "leg_vp3_metasound.avi",
    "mr_no_duration.webm",
    "oc_eth_slides_talk_vfr.mov",
)


@pytest.mark.parametrize("name", REAL)
def test_real_recordings(tmp_path: Path, name: str) -> None:
    """Each decodes to as long as it is, under the ceiling, and loud enough unless held back."""
    source = real(name)
    task = task_for(source, tmp_path, rendition=MONO)
    result = encode(task)
    samples, rate = sound_of(joined(result, tmp_path))
    assert abs(samples.shape[1] / rate - task.sources[0].duration) <= FRAME / rate
    assert result.true_peak is None or result.true_peak <= -1
    if task.sources[0].measured is not None and task.sources[0].measured > -40:
        assert result.loudness == pytest.approx(-16, abs=1.2)

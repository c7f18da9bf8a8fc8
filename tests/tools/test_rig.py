"""The tools agree with what is known of a presentation, and say what is wrong with a faulty one."""

from fractions import Fraction
from pathlib import Path

import pytest

from tests.tools.hls import (
    count_frames,
    ffmpeg_decode,
    probe_idr_times,
    span,
    strict_parse,
    video_playlists,
)
from tests.tools.sample_hls import frames, make_hls
from tests.tools.sync import make_flashes, measure

SECONDS = 6


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_hls(tmp_path_factory.mktemp("hls"), SECONDS)


def test_strict_parse_reads_every_playlist(master: Path) -> None:
    parsed = strict_parse(master)
    assert [variant.size for variant in parsed.variants] == [(160, 90), (320, 180), None]
    assert {playlist.uri for playlist in parsed.playlists} == {
        "media/90p.m3u8",
        "media/180p.m3u8",
        "media/audio.m3u8",
        "media/text.m3u8",
    }
    assert all(sum(p.durations) == pytest.approx(SECONDS, abs=0.05) for p in parsed.playlists)


def test_strict_parse_names_the_faulty_playlist(tmp_path: Path) -> None:
    master = make_hls(tmp_path, 2)
    video = tmp_path / "media" / "90p.m3u8"
    video.write_text(video.read_text().replace("#EXTINF:2.0", "#EXTINF:4.0"))
    with pytest.raises(AssertionError, match=r"90p\.m3u8: .*EXTINF duration"):
        strict_parse(master)


def test_every_variant_decodes_whole(master: Path) -> None:
    decoded = ffmpeg_decode(master)
    assert (decoded.status, decoded.errors) == (0, "")
    assert decoded.frames == (frames(SECONDS),) * 2
    assert [stream.kind for stream in decoded.streams] == ["video", "video", "audio"]
    assert decoded.drift < Fraction(1, 25)


def test_a_damaged_segment_is_noticed(tmp_path: Path) -> None:
    master = make_hls(tmp_path, 4)
    segment = tmp_path / "media" / "180p-001.m4s"
    data = segment.read_bytes()
    segment.write_bytes(data[: len(data) // 2])
    decoded = ffmpeg_decode(master)
    assert decoded.status != 0 or decoded.frames[1] < frames(4)


def test_key_frames_and_spans(master: Path) -> None:
    low, high = video_playlists(master)
    assert probe_idr_times(low) == probe_idr_times(high) == tuple(map(Fraction, (0, 2, 4)))
    assert span(low) == (Fraction(0), Fraction(SECONDS))
    assert count_frames(low) == frames(SECONDS)


def test_sync_is_measured(tmp_path: Path) -> None:
    source = make_flashes(tmp_path / "flashes.mp4", 12, every=5)
    sync = measure(source)
    assert sync.flashes == (5, 10)
    assert max(map(abs, sync.offsets)) < Fraction(1, 100)

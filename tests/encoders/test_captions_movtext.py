"""Captions inside MP4, read back by the FFmpeg program."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from encoders.captions.movtext import TimedText, add_text_track, cues_for_mp4, text_packets
from tests.encoders.captions import caption
from tests.tools.programs import ffmpeg, ffprobe, run

CAPTIONS = (
    caption(0.5, 2, "<b>滴灌</b>与<i>施肥</i> &amp; &lt;管理&gt;\n水压 0.3 兆帕"),
    caption(2, 2.5, "接着"),
    caption(3, 4, "中文"),
    caption(3.5, 5, "English 𠮷<u>end</u>"),
)
DURATION = Fraction(4)
SRT = """1
00:00:00,500 --> 00:00:02,000
<b>滴灌</b>与<i>施肥</i> & <管理>
水压 0.3 兆帕

2
00:00:02,000 --> 00:00:02,500
接着

3
00:00:03,000 --> 00:00:03,500
中文

4
00:00:03,500 --> 00:00:04,000
中文
English 𠮷<u>end</u>
"""


@pytest.fixture(scope="module")
def text() -> TimedText:
    return cues_for_mp4(CAPTIONS, DURATION)


@pytest.fixture(scope="module")
def movie(text: TimedText, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("movtext") / "lesson.mp4"
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        video = container.add_stream("libx264", rate=25)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        track = add_text_track(container, "chi")
        waiting = text_packets(text, track)
        for slot in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((96, 64), 128, np.uint8), "yuv420p")
            frame.pts, frame.time_base = slot, Fraction(1, 25)
            container.mux(video.encode(frame))
            while waiting and waiting[0].pts * waiting[0].time_base <= Fraction(slot, 25):
                container.mux(waiting.pop(0))
        container.mux(video.encode(None))
    return path


def test_texts_times_and_styles_come_back(movie: Path) -> None:
    read = run([ffmpeg(), "-v", "error", "-i", movie, "-map", "0:s", "-f", "srt", "-"]).ok()
    assert read.err == ""
    assert read.out.strip() == SRT.strip()


def test_samples_cover_the_lesson_without_a_gap(text: TimedText) -> None:
    at = 0
    for sample in text.samples:
        assert sample.pts == at
        at += sample.duration
        (length,) = struct.unpack_from(">H", sample.data)
        assert len(sample.data) >= 2 + length
    assert at == 4000
    empty = [sample.pts for sample in text.samples if sample.data == b"\0\0"]
    assert empty == [0, 2500]


def test_the_description_is_the_one_in_the_file(text: TimedText, movie: Path) -> None:
    data = movie.read_bytes()
    entry = data.index(b"tx3g", data.index(b"stsd"))
    (size,) = struct.unpack_from(">I", data, entry - 4)
    assert data[entry + 12 : entry - 4 + size].startswith(text.extradata)


def test_players_see_a_track_of_its_language(movie: Path) -> None:
    show = ["-show_entries", "stream=codec_name:stream_tags=language", "-of", "csv=p=0"]
    read = run([ffprobe(), "-v", "error", "-select_streams", "s", *show, movie]).ok()
    assert read.out.strip() == "mov_text,chi"


def test_a_lesson_without_captions_has_one_empty_sample() -> None:
    (sample,) = cues_for_mp4((), DURATION).samples
    assert (sample.pts, sample.duration, sample.data) == (0, 4000, b"\0\0")

"""Every real recording there is: a lesson that plays from start to end, or a plain refusal.

Refused files end with status 3 and a reason; all others become a lesson that the FFmpeg program
decodes whole and that lasts as long as the recording, to half a second.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.farm_run import MEDIA, SMALL_PROFILE, Ran, farm_run
from tests.tools.hls import Decoded, ffmpeg_decode


@dataclass(frozen=True, slots=True)
class Case:
    file: str
    seconds: float | None
    """How long the lesson lasts; None: refused."""
    why: str
    code: str | None = None
    """A finding that must be there."""


CASES = (
    Case("bad_1x1_dash.mp4", None, "one pixel is no picture", "tiny-picture"),
    Case("bad_broken.mp4", None, "interrupted: no index was ever written", "unfinished"),
    Case("bad_corrupt.mkv", None, "damaged EBML header", "not-media"),
    Case("bad_cwe835.wma", None, "an endless loop in its header", "not-media"),
    Case("bad_empty.flv", None, "a header alone", "not-media"),
    Case("bad_ext_ogg_as.mkv", 5.0, "sound Ogg with a wrong extension", "wrong-extension"),
    Case("bad_ext_silk_as.amr", None, "WeChat's SILK, which FFmpeg cannot read", "silk-voice"),
    Case("bad_failing_audio.mp4", 11.23, "a negative control: nothing is wrong with it"),
    Case("bad_gitlfs_pointer.mp4", None, "a pointer in place of the file", "git-lfs-pointer"),
    Case("bad_hdr_objects.wma", None, "a header that claims too many objects", "not-media"),
    Case("bad_invalid_bitstream.webm", None, "no packet decodes", "undecodable"),
    Case("bad_malformed_free.mp4", None, "a malformed box hides the index", "unfinished"),
    Case("bad_missing_stsd.mp4", 1.07, "sound without description: left out", "undecodable-track"),
    Case("bad_no_amf_moov.mp4", None, "tracks without samples", "zero-duration"),
    Case("bad_no_streams.mp4", None, "an MP4 of nothing", "no-streams"),
    Case("bad_text_as.mp4", None, "three bytes of text", "text-file"),
    Case("bad_tiny_1px.avi", None, "no frames", "tiny-picture"),
    Case("bad_wrongfile.mp4", None, "no index", "unfinished"),
    Case("bad_zero_length.mp4", None, "an empty file"),
    Case("aac51.mp4", 5.31, "5.1 sound is mixed to stereo"),
    Case("aud_192k_32bit.flac", 6.96, "192 kHz sound"),
    Case("aud_bigcover.mp3", 1.02, "a cover is no picture track"),
    Case("aud_chapters_cover.m4a", 10.47, "a podcast with a cover"),
    Case("aud_counting_en.m4a", 22.17, "speech"),
    Case("aud_dts.mp4", 16.13, "DTS sound"),
    Case("aud_silent_400hz.wav", 120.0, "digital silence at 400 Hz", "silent-audio"),
    Case("aud_wb.amr", 4.0, "AMR-WB"),
    Case("counting.mp4", 9.83, "MPEG-4 with numbered pictures"),
    Case("delayed_start.mp4", 0.96, "starts at 1.075 s", "starts-late"),
    Case("leg_asf_wmv2_gap.asf", 6.48, "161 pictures and a gap of 1.1 s; its header says 4.41"),
    Case("leg_cinepak_gap.avi", 29.6, "15 fps in name, 68 pictures in fact"),
    Case("leg_netshow_two_video.asf", 15.17, "two video streams: the first that decodes"),
    Case("leg_oc_camera.mpg", 8.63, "MPEG-1 program stream, cannot seek"),
    Case("leg_phone_h263_amr.3gp", 15.2, "a phone of 2004, SAR 12/11"),
    Case("leg_prores_hq.mov", 1.0, "10 bit 4:2:2"),
    Case("leg_qtrle_alpha.mov", 1.0, "an alpha channel"),
    Case("leg_rv10_ac3.rmvb", 5.57, "RealVideo"),
    Case("leg_vp3_metasound.avi", 10.67, "VP3 and Voxware"),
    Case("leg_wmv2_mono.wmv", 5.59, "Windows Media"),
    Case("long_300s.mp4", 300.14, "five minutes"),
    Case("long_363s_1080p.mp4", 362.77, "six minutes of black 1080p"),
    Case("mr_no_duration.webm", 5.0, "a browser's recording: no duration, no index"),
    Case("oc_black_with_slide.mp4", 40.0, "one picture a second"),
    Case("oc_eth_slides_talk.mov", 10.44, "an edit list that begins before zero"),
    Case("oc_eth_slides_talk_vfr.mov", 10.46, "two pictures a second, now and then"),
    Case("oc_silence_speech.mp4", 60.0, "long silences"),
    Case("oc_speech_67s.flac", 67.36, "16 kHz speech"),
    Case("ph_ios9_rot.mov", 0.47, "a phone held upright"),
    Case("ph_portrait_4k60.mp4", 0.31, "4K60, upright, full range"),
    Case("ph_portrait_rot.mov", 2.07, "a phone held upright"),
    Case("ph_rot180_emul.mp4", 4.97, "upside down"),
    Case("ph_rotate_reflect.mp4", 1.07, "turned and mirrored"),
    Case("ph_sideways.mov", 1.02, "a space in the original name"),
    Case("ph_slowmo_svc.mp4", 14.5, "slow motion with temporal layers"),
    Case("scr_chor2bspl_107s.mp4", 107.35, "a screencast with a silent microphone", "silent-audio"),
    Case("scr_github_creds_hidpi.mp4", 73.0, "a screencast without sound", "no-audio"),
    Case("subs_movtext.mp4", 2.0, "embedded text subtitles"),
    Case("subs_pgs.mkv", 1.24, "bitmap subtitles", "bitmap-subtitles"),
)  # fmt: skip

TABLE = {case.file: case for case in CASES}

needs_media = pytest.mark.skipif(
    not MEDIA.is_dir(), reason=f"no recordings in {MEDIA}; set FARM_TEST_MEDIA to a folder of them"
)


@needs_media
def test_the_table_names_every_file() -> None:
    assert set(TABLE) == {path.name for path in MEDIA.iterdir() if path.suffix != ".tsv"}


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one recording."""

    run: Ran
    folder: Path
    decoded: Decoded | None
    """What the FFmpeg program reads of the lesson; None where there is none."""


def make(case: Case, folder: Path) -> Made:
    run = farm_run(
        MEDIA / case.file,
        folder / "library",
        *("--profile-dir", str(SMALL_PROFILE), "--profile", "small"),
        work=folder / "work",
        timeout=120,
    )
    masters = [event["master"] for event in run.events if event["event"] == "published"]
    decoded = [ffmpeg_decode(folder / "library" / master) for master in masters]
    return Made(run, folder, decoded[0] if decoded else None)


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Made]]]:
    """The recordings asked for by file name, two at a time: a short run is mostly one process
    waiting for another."""
    asked = [
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == "test_recording"
    ]
    with ThreadPoolExecutor(2) as two:
        yield {case.file: two.submit(make, case, tmp_path_factory.mktemp("made")) for case in asked}


@needs_media
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_recording(case: Case, made: dict[str, Future[Made]]) -> None:
    outcome = made[case.file].result()
    run = outcome.run
    assert "Traceback" not in run.errors
    codes = {
        finding["code"]
        for event in run.events
        if event["event"] == "inspected"
        for finding in event["findings"]
    }
    assert case.code is None or case.code in codes, codes
    if case.seconds is None:
        assert run.status == 3, run.errors
        assert len(run.errors.strip().splitlines()) == 1
        assert not list(outcome.folder.glob("library/lessons/*/lesson.json"))
        return
    assert run.published
    assert outcome.decoded is not None
    assert outcome.decoded.status == 0, outcome.decoded.errors
    for stream in outcome.decoded.streams:
        assert stream.start <= 0.1
        assert float(stream.stop) == pytest.approx(case.seconds, abs=0.5)

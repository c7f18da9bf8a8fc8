"""Every real recording there is, with what an inspection must find in it, and why."""

from dataclasses import dataclass
from fractions import Fraction

import pytest

from encoders.facts import Severity
from tests.encoders.inspection import audio_of, codes, inspected, named, video_of
from tests.encoders.sound import MEDIA, real


@dataclass(frozen=True, slots=True)
class Refused:
    file: str
    code: str
    why: str


REFUSED = (
    Refused("bad_1x1_dash.mp4", "tiny-picture", "one pixel is no picture"),
    Refused("bad_broken.mp4", "unfinished", "interrupted: its moov was never written"),
    Refused("bad_corrupt.mkv", "not-media", "a damaged EBML header"),
    Refused("bad_cwe835.wma", "not-media", "made to loop a parser for ever"),
    Refused("bad_empty.flv", "not-media", "a header and nothing after it"),
    Refused("bad_ext_silk_as.amr", "silk-voice", "WeChat's SILK under the name of AMR"),
    Refused("bad_gitlfs_pointer.mp4", "git-lfs-pointer", "the pointer instead of the file"),
    Refused("bad_hdr_objects.wma", "not-media", "claims more header objects than it has bytes"),
    Refused("bad_invalid_bitstream.webm", "undecodable", "not one packet decodes"),
    Refused("bad_malformed_free.mp4", "unfinished", "a malformed box hides the moov"),
    Refused("bad_no_amf_moov.mp4", "zero-duration", "a track without samples"),
    Refused("bad_no_streams.mp4", "no-streams", "a valid MP4 of nothing"),
    Refused("bad_text_as.mp4", "text-file", "three letters"),
    Refused("bad_tiny_1px.avi", "tiny-picture", "one pixel, and no frames"),
    Refused("bad_wrongfile.mp4", "unfinished", "48 bytes: no moov"),
    Refused("bad_zero_length.mp4", "empty-file", "no bytes"),
)


@dataclass(frozen=True, slots=True)
class Taken:
    file: str
    seconds: float
    """Duration to a twentieth of a second."""
    frames: int
    """0 where there is no picture."""
    warnings: frozenset[str] = frozenset()
    """All of them: a warning too many teaches people to look away."""
    notes: frozenset[str] = frozenset()
    """Those that must be there; `no-audio` where there is no sound is seen to for all."""


def taken(file: str, seconds: float, frames: int, *warnings: str, notes: str = "") -> Taken:
    return Taken(file, seconds, frames, frozenset(warnings), frozenset(notes.split()))


TAKEN = (
    taken("aac51.mp4", 5.31, 132),
    taken("aud_192k_32bit.flac", 6.96, 0),
    taken("aud_bigcover.mp3", 1.01, 0, "silent-audio"),  # peaks at -76 dBTP; the cover is no film
    taken("aud_chapters_cover.m4a", 10.47, 0),
    taken("aud_counting_en.m4a", 22.20, 0),
    taken("aud_dts.mp4", 16.13, 0, "clipping", notes="loud"),
    taken("aud_silent_400hz.wav", 120.0, 0, "silent-audio"),
    taken("aud_wb.amr", 4.0, 0),
    taken("bad_ext_ogg_as.mkv", 5.0, 150, "wrong-extension", "silent-audio"),
    taken("bad_failing_audio.mp4", 11.23, 280),  # a negative control: nothing is wrong with it
    taken("bad_missing_stsd.mp4", 1.0, 30, "undecodable-track"),  # the sound is left out
    taken("counting.mp4", 9.83, 295),
    taken("delayed_start.mp4", 0.96, 24, "starts-late"),
    taken("leg_asf_wmv2_gap.asf", 6.48, 161, "video-gap", "audio-gap"),  # its header says 4.41
    taken("leg_cinepak_gap.avi", 29.6, 68, notes="variable-rate"),
    taken("leg_netshow_two_video.asf", 14.98, 108, "audio-starts-late",
          notes="other-video variable-rate"),  # the decoder drops its first two packets of 2.2 s
    taken("leg_oc_camera.mpg", 8.68, 260),
    taken("leg_phone_h263_amr.3gp", 15.2, 222, "clipping", notes="variable-rate"),
    taken("leg_prores_hq.mov", 1.0, 25),
    taken("leg_qtrle_alpha.mov", 1.0, 25),
    taken("leg_rv10_ac3.rmvb", 5.57, 166),
    taken("leg_vp3_metasound.avi", 11.05, 320),
    taken("leg_wmv2_mono.wmv", 5.63, 166, notes="letterbox"),
    taken("long_300s.mp4", 300.14, 7200),
    taken("long_363s_1080p.mp4", 362.77, 10883,
          "silent-audio", "black-picture", "audio-ends-early"),
    taken("mr_no_duration.webm", 4.94, 74, "silent-audio"),
    taken("oc_black_with_slide.mp4", 40.01, 40, notes="letterbox"),
    taken("oc_eth_slides_talk.mov", 10.51, 21, "negative-start", notes="variable-rate"),
    taken("oc_eth_slides_talk_vfr.mov", 10.47, 29, notes="variable-rate"),
    taken("oc_silence_speech.mp4", 60.03, 0),
    taken("oc_speech_67s.flac", 67.36, 0),
    taken("ph_ios9_rot.mov", 0.49, 14, "quiet"),
    taken("ph_portrait_4k60.mp4", 0.31, 18),
    taken("ph_portrait_rot.mov", 2.07, 62, "quiet"),
    taken("ph_rot180_emul.mp4", 4.97, 149),
    taken("ph_rotate_reflect.mp4", 1.09, 30, "quiet"),
    taken("ph_sideways.mov", 1.04, 25),
    taken("ph_slowmo_svc.mp4", 14.47, 435),
    taken("scr_chor2bspl_107s.mp4", 107.35, 3216, "silent-audio"),
    taken("scr_github_creds_hidpi.mp4", 73.0, 2190),
    taken("subs_movtext.mp4", 2.0, 40),
    taken("subs_pgs.mkv", 1.01, 30, "quiet", notes="bitmap-subtitles"),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.file)
def test_refused(case: Refused) -> None:
    facts = inspected(real(case.file))
    assert facts.refused
    assert codes(facts) == {case.code}, case.why


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case.file)
def test_taken(case: Taken) -> None:
    facts = inspected(real(case.file))
    assert not facts.refused, facts.findings
    assert float(facts.duration) == pytest.approx(case.seconds, abs=0.05)
    assert (facts.video.frames if facts.video else 0) == case.frames
    found = {f.code for f in facts.findings if f.severity is Severity.WARNING}
    assert found == case.warnings
    assert case.notes <= codes(facts)
    assert ("no-audio" in codes(facts)) == (not facts.audio)
    tracks = [*facts.audio, *([facts.video] if facts.video else [])]
    assert min(track.start for track in tracks) == 0
    assert max(track.stop for track in tracks) == facts.duration


def test_every_recording_is_in_the_table() -> None:
    real("INDEX.tsv")
    there = {path.name for path in MEDIA.iterdir() if path.suffix != ".tsv"}
    assert there == {case.file for case in (*REFUSED, *TAKEN)}


@pytest.mark.parametrize(
    ("file", "rotation", "mirrored"),
    [
        ("ph_portrait_rot.mov", 90, False),
        ("ph_ios9_rot.mov", 90, False),
        ("ph_sideways.mov", 90, False),
        ("ph_portrait_4k60.mp4", 90, False),
        ("ph_rot180_emul.mp4", 180, False),
        ("ph_rotate_reflect.mp4", 270, True),
        ("aac51.mp4", 0, False),
    ],
)
def test_how_a_phone_was_held(file: str, rotation: int, mirrored: bool) -> None:
    video = video_of(inspected(real(file)))
    assert (video.rotation, video.mirrored) == (rotation, mirrored)


@pytest.mark.parametrize(
    ("file", "rate", "variable"),
    [
        ("aac51.mp4", Fraction(25), False),
        ("ph_rot180_emul.mp4", Fraction(30000, 1001), False),
        ("leg_vp3_metasound.avi", Fraction(30000, 1001), False),  # 2997/100 in its header
        ("leg_asf_wmv2_gap.asf", Fraction(30), False),  # milliseconds, and a gap
        ("leg_rv10_ac3.rmvb", Fraction(30), False),
        ("oc_black_with_slide.mp4", Fraction(1), False),
        ("ph_portrait_4k60.mp4", Fraction(60), False),
        ("ph_sideways.mov", Fraction(24), False),
        ("ph_slowmo_svc.mp4", Fraction(30), False),
        ("mr_no_duration.webm", Fraction(15), False),
        ("oc_eth_slides_talk.mov", Fraction(3), True),
        ("leg_phone_h263_amr.3gp", Fraction(20), True),
    ],
)
def test_the_rate_of_the_pictures(file: str, rate: Fraction, variable: bool) -> None:
    video = video_of(inspected(real(file)))
    assert (video.rate, video.variable) == (rate, variable)


def test_an_edit_list_that_begins_before_zero() -> None:
    """Eight pictures lead up to the first one shown; decoding starts at their key frame."""
    facts = inspected(real("oc_eth_slides_talk.mov"))
    video = video_of(facts)
    assert (video.packets, video.frames) == (29, 21)
    assert video.start == 0
    assert video.key_frames[0].packet > 0
    assert video.key_frames[0].time <= 0
    assert "4.033 s" in named(facts, "negative-start")[0].message


def test_surround_sound() -> None:
    audio = audio_of(inspected(real("aac51.mp4")))
    assert (audio.channels, audio.layout) == (6, "5.1")


def test_colours_and_shape() -> None:
    phone = video_of(inspected(real("ph_portrait_4k60.mp4")))
    assert (phone.full_range, phone.color_space) == (True, "bt601")
    assert video_of(inspected(real("leg_phone_h263_amr.3gp"))).sample_aspect == Fraction(12, 11)
    assert video_of(inspected(real("aac51.mp4"))).color_space == "bt709"


def test_languages_and_subtitles() -> None:
    assert audio_of(inspected(real("leg_phone_h263_amr.3gp"))).language == "jpn"
    assert audio_of(inspected(real("aac51.mp4"))).language is None
    assert [track.text for track in inspected(real("subs_movtext.mp4")).subtitles] == [True]
    assert [track.text for track in inspected(real("subs_pgs.mkv")).subtitles] == [False]

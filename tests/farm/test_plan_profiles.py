"""Several profiles in one plan: what they share is planned once, what they cannot have is said."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from encoders.profiles import Dvd, load
from encoders.tasks import Caption
from farm.errors import Refused
from farm.plan import CaptionFile, Idents, Material, Plan, Reel, Wanted, make_plan, resolved
from tests.facts import audio, facts, planned, video

PROFILES = load()
PAL = {"width": 720, "height": 576, "rate": Fraction(25)}


def plan(*names: str, sound: Any = None, **changes: Any) -> Plan:
    picture = video(60, **changes)
    return planned(facts(picture, (sound or audio(60),)), *(PROFILES[name] for name in names))


def rasters(made: Plan) -> dict[str, Any]:
    return {one.name: one for one in made.chunks[0].task.rasters}


def test_hls_and_download_share_a_rendition_and_the_sound() -> None:
    made = plan("hls", "download")
    names = [one.name for one in made.chunks[0].task.renditions]
    assert names == ["240p", "360p", "480p", "720p"]
    assert [one.renditions for one in made.profiles] == [tuple(names), ("480p",)]
    assert [one.name for one in made.audio] == ["audio"]


def test_a_rung_of_the_same_name_and_other_settings_is_another_rendition() -> None:
    download = PROFILES["download"]
    other = replace(download, video=tuple(replace(one, crf=20.0) for one in download.video))  # type: ignore[union-attr,type-var]
    made = planned(facts(video(60), (audio(60),)), PROFILES["hls"], other)
    assert [one.renditions for one in made.profiles][1] == ("download-480p",)


def test_a_profile_that_is_added_changes_nothing_of_the_others() -> None:
    alone, together = plan("hls"), plan("hls", "broadcast", "dvd", "audio", "download")
    for one, two in zip(alone.chunks, together.chunks, strict=True):
        assert one.task == replace(two.task, rasters=())
    assert alone.audio == together.audio


def test_profiles_of_other_segments_do_not_go_together() -> None:
    other = replace(PROFILES["download"], segment=Fraction(4))  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="'hls' and 'download' differ in segment"):
        planned(facts(video(60)), PROFILES["hls"], other)


@pytest.mark.parametrize(
    ("changes", "aspect"),
    [
        ({}, Fraction(16, 9)),
        ({"width": 640, "height": 480}, Fraction(4, 3)),
        ({**PAL, "sample_aspect": Fraction(16, 15)}, Fraction(4, 3)),
        ({**PAL, "sample_aspect": Fraction(64, 45)}, Fraction(16, 9)),
        ({"rotation": 90}, Fraction(4, 3)),
        ({"width": 1542, "height": 600}, Fraction(16, 9)),
    ],
    ids=["wide", "VGA", "PAL 4:3", "PAL 16:9", "portrait", "very wide"],
)
def test_a_raster_is_for_the_nearer_display(changes: dict[str, Any], aspect: Fraction) -> None:
    made = plan("broadcast", "dvd", "vcd", **changes)
    assert {rasters(made)[name].aspect for name in ("broadcast-800k", "dvd-q2")} == {aspect}
    assert rasters(made)["vcd"].aspect == Fraction(4, 3)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"field_order": "tff"}, "tff"),
        ({"field_order": "bff"}, "bff"),
        ({}, None),
        ({"field_order": "tff", "rotation": 180}, None),
        ({"field_order": "tff", "rate": Fraction(30000, 1001)}, None),
        ({"field_order": "tff", "height": 288}, None),
    ],
    ids=["tff", "bff", "progressive", "turned", "NTSC on PAL", "low"],
)
def test_fields_are_kept_on_a_disc_that_shows_as_many(
    changes: dict[str, Any], kept: str | None
) -> None:
    made = plan("dvd", "broadcast", "vcd", **{**PAL, **changes})
    assert rasters(made)["dvd-q2"].fields == kept
    assert rasters(made)["broadcast-800k"].fields is None
    assert rasters(made)["vcd"].fields is None


def test_an_ntsc_tape_keeps_its_fields_on_an_ntsc_disc() -> None:
    made = plan("dvd-ntsc", width=720, height=480, rate=Fraction(30000, 1001), field_order="bff")
    assert {one.fields for one in rasters(made).values()} == {"bff"}


def test_a_stream_leaves_room_for_its_sound_and_tables() -> None:
    for name, one in rasters(plan("broadcast")).items():
        total = int(name.removeprefix("broadcast-").removesuffix("k")) * 1000
        assert 0.6 * total < one.bitrate < total - 64_000


def test_every_track_goes_on_a_dvd_and_the_first_on_air() -> None:
    tracks = tuple(audio(60, stream=n) for n in range(1, 11))
    made = planned(facts(video(60), tracks), PROFILES["dvd"], PROFILES["broadcast"])
    dvd, broadcast = made.profiles
    assert len(dvd.sounds) == 8
    assert broadcast.sounds == ("broadcast-sound",)


@pytest.mark.parametrize("name", ["broadcast", "dvd", "vcd", "svcd"])
def test_what_needs_a_picture_refuses_sound_alone(name: str) -> None:
    with pytest.raises(Refused, match=f"no picture, which the profile '{name}' needs"):
        planned(facts(None, (audio(60),)), PROFILES[name])


def test_audio_files_refuse_a_silent_film() -> None:
    with pytest.raises(Refused, match="no sound"):
        planned(facts(video(60)), PROFILES["audio"])


def test_a_data_disc_brings_what_it_holds() -> None:
    names = [one.name for one in resolved(["hls", "datadisc", "hls"], PROFILES)]
    assert names == ["hls", "download", "audio", "datadisc"]


# --- an intro, an outro, idents, captions --------------------------------------------------------


def reel(name: str, known: Any) -> Reel:
    return Reel(Material(f"{name}.mp4", name * 8, 1), known)


def test_reels_follow_each_other_without_a_gap() -> None:
    reels = (
        reel("i", facts(video(4, rate=Fraction(30)), (audio(4),))),
        reel("m", facts(video(60), (audio(60), audio(60)))),
        reel("o", facts(video(3, rate=Fraction(24)))),
    )
    made = make_plan(Wanted(reels, 1, (PROFILES["hls"], PROFILES["dvd"])))
    assert made.duration == 67
    assert made.starts == (0, 4, 64)
    tasks = [chunk.task for chunk in made.chunks]
    assert all(before.last == after.first for before, after in pairwise(tasks))
    assert tasks[-1].last == 67 * 25
    assert [task.shape.guest for task in tasks] == [True, *(False for _ in tasks[2:]), True]
    assert made.chunks[0].material.path == "i.mp4"
    for task in tasks:
        assert task.source.start.time == task.first / Fraction(25)
    for track in made.audio:
        assert [source.duration for source in track.task.sources] == [4, 60, 3]
        assert [source.stream is None for source in track.task.sources] == [False, False, True]


def test_the_poster_is_the_recordings() -> None:
    reels = (reel("i", facts(video(4))), reel("m", facts(video(60))))
    made = make_plan(Wanted(reels, 1, (PROFILES["hls"],)))
    (poster,) = [chunk.task.poster for chunk in made.chunks if chunk.task.poster]
    assert poster.frame == (4 + 4) * 25


def test_idents_are_read_after_the_sources() -> None:
    ident = Material("ident.wav", "9" * 64, 1)
    wanted = Wanted(
        (reel("m", facts(None, (audio(60),))),), 0, (PROFILES["audio"],), idents=Idents(ident, None)
    )
    for sound in make_plan(wanted).sounds:
        assert [one.path for one in sound.material] == ["m.mp4", "ident.wav"]
        assert sound.task.before is not None
        assert sound.task.after is None


def test_captions_are_drawn_into_the_chunks_they_are_shown_in() -> None:
    said = tuple(Caption(Fraction(n), Fraction(n + 2), str(n)) for n in (1, 29, 50))
    wanted = Wanted((reel("m", facts(video(60))),), 0, (PROFILES["broadcast"],), burn=said)
    drawn = [{one.text for one in chunk.task.rasters[0].burn} for chunk in make_plan(wanted).chunks]
    assert drawn[0] == {"1"}
    assert set().union(*drawn) == {"1", "29", "50"}
    assert "1" not in drawn[-1]


def test_files_of_captions_come_before_embedded_tracks() -> None:
    file = CaptionFile(Material("m.srt", "8" * 64, 1), "zh")
    wanted = Wanted((reel("m", facts(video(60))),), 0, (PROFILES["hls"],), captions=(file,))
    (text,) = make_plan(wanted).subtitles
    assert (text.language, text.task.stream, text.material.path) == ("zh", None, "m.srt")


def test_a_disc_of_half_the_lines_shows_no_fields() -> None:
    dvd = PROFILES["dvd"]
    assert isinstance(dvd, Dvd)
    low = replace(dvd, video=replace(dvd.video, width=352, height=288))
    tape: dict[str, Any] = {**PAL, "field_order": "tff"}
    made = planned(facts(video(60, **tape), (audio(60),)), low)
    assert {one.fields for one in rasters(made).values()} == {None}

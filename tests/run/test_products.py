"""Several profiles of one recording: decoded once, of shared pieces, right in every program."""

import json
import os
import shutil
import signal
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import psutil
import pytest

from tests.farm_run import SMALL_PROFILE, Ran, command, farm_run, hashes, release_of
from tests.media import frames_of, lecture, numbers, tone
from tests.tools.sync import make_flashes, measure

PROFILES = ("small", "air", "take", "audio", "vcd", "disc")
SECONDS = 12
CAPTIONS = """\
1
00:00:01,000 --> 00:00:03,000
温室番茄的滴灌

2
00:00:05,000 --> 00:00:04,000
坏的
"""


def options(*profiles: str) -> tuple[str, ...]:
    asked = [word for name in profiles for word in ("--profile", name)]
    return ("--profile-dir", str(SMALL_PROFILE), *asked)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interlaced 4:3 tape with captions in a Chinese encoding beside it."""
    folder = tmp_path_factory.mktemp("tape")
    (folder / "tape.srt").write_bytes(CAPTIONS.encode("gb18030"))
    return lecture(
        folder / "tape.ts",
        seconds=SECONDS,
        size=(352, 288),
        codec="mpeg2video",
        b_frames=2,
        interlaced=True,
        sound=tone(),
        options={"aspect": "12:11", "b": "2M"},
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def done(library: Path, recording: Path) -> Ran:
    ran = farm_run(recording, library, *options(*PROFILES), work=library / "work")
    assert ran.published["changed"], ran.errors
    return ran


@pytest.fixture(scope="module")
def release(done: Ran, library: Path) -> dict[str, Any]:
    return release_of(library, done.published["lesson"])


def product(release: dict[str, Any], profile: str) -> dict[str, Any]:
    (found,) = [one for one in release["products"] if one["profile"] == profile]
    return dict(found)


def main(library: Path, release: dict[str, Any], profile: str) -> Path:
    path = product(release, profile)["files"][0]["path"]
    return library / "lessons" / release["entry"]["lesson"] / path


def test_every_picture_is_decoded_once_for_all_profiles(done: Ran) -> None:
    decoded = done.only("encoded")["decoded"]
    assert SECONDS * 25 <= decoded <= SECONDS * 25 * 1.05


def test_profiles_share_what_is_alike(done: Ran) -> None:
    names = done.only("planned")["renditions"]
    assert len(names) == len(set(names))
    assert [name for name in names if name.startswith(("take", "90p", "180p"))] == ["90p", "180p"]


def test_every_product_is_listed_and_there(library: Path, release: dict[str, Any]) -> None:
    assert [one["profile"] for one in release["products"]] == list(PROFILES)
    objects = {one["path"]: one for one in release["objects"]}
    for one in release["products"]:
        for file in one["files"]:
            assert objects[file["path"]]["size"] > 0
            path = library / "lessons" / release["entry"]["lesson"] / file["path"]
            assert path.stat().st_size == objects[file["path"]]["size"]


@pytest.mark.parametrize("profile", ["air", "take"])
def test_files_show_every_picture(library: Path, release: dict[str, Any], profile: str) -> None:
    shown = numbers(frames_of(main(library, release, profile)))
    # The tape's sound begins a little before its first picture, which is shown from there.
    assert shown[-SECONDS * 25 :] == list(range(SECONDS * 25))
    assert set(shown[: -SECONDS * 25]) <= {0}


def test_the_shape_of_the_tape_is_kept(library: Path, release: dict[str, Any]) -> None:
    for profile in ("air", "take"):
        with av.open(str(main(library, release, profile))) as container:
            stream = container.streams.video[0]
            sample = stream.sample_aspect_ratio or Fraction(1)
            aspect = Fraction(stream.width, stream.height) * sample
            assert abs(aspect - Fraction(4, 3)) < Fraction(1, 100), profile


def test_captions_beside_the_recording_are_in_it(library: Path, release: dict[str, Any]) -> None:
    with av.open(str(main(library, release, "take"))) as container:
        (track,) = container.streams.subtitles
        texts = [bytes(one)[2:].decode() for one in container.demux(track) if one.size > 2]
    assert "温室番茄的滴灌" in texts
    bad = [one for one in release["findings"] if one["code"].startswith("captions-")]
    assert bad, "the second cue ends before it starts"
    assert "6" in json.dumps(bad), "its line is named"


def test_sound_lasts_and_is_as_loud_as_asked(release: dict[str, Any]) -> None:
    measured = product(release, "audio")["measured"]
    loudness = [value for name, value in measured.items() if "loudness" in name]
    assert len(loudness) == 3
    assert all(abs(value + 16) <= 0.5 for value in loudness)


def test_the_same_again_makes_nothing(
    library: Path, recording: Path, done: Ran, tmp_path: Path
) -> None:
    before = hashes(library)
    again = farm_run(recording, library, *options(*PROFILES), work=tmp_path / "work")
    assert again.only("planned")["tasks"] == 0
    assert not again.published["changed"]
    assert not [one for one in again.events if one.get("stage") == "products"]
    assert hashes(library) == before


def test_a_product_that_is_gone_is_made_again_to_the_same_bytes(
    library: Path, recording: Path, done: Ran, release: dict[str, Any], tmp_path: Path
) -> None:
    copy = tmp_path / "library"
    shutil.copytree(library, copy)
    shutil.rmtree(copy / "cache" / "pieces")
    gone = main(copy, release, "air")
    gone.unlink()
    again = farm_run(recording, copy, *options(*PROFILES), work=tmp_path / "work")
    assert not again.published["changed"]
    assert hashes(copy) == hashes(library)


def test_a_run_killed_while_it_makes_products_goes_on(
    library: Path, recording: Path, done: Ran, tmp_path: Path
) -> None:
    arguments = command(recording, tmp_path, *options(*PROFILES), work=tmp_path / "work")
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if '"stage": "products"' in line:
            break
    children = psutil.Process(running.pid).children(recursive=True)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert not list(tmp_path.glob("lessons/*/lesson.json"))
    again = farm_run(recording, tmp_path, *options(*PROFILES), work=tmp_path / "work")
    assert again.only("planned")["tasks"] == 0
    assert again.published["changed"]
    assert hashes(tmp_path) == hashes(library)


def test_a_profile_that_is_added_later_uses_what_is_there(recording: Path, tmp_path: Path) -> None:
    first = farm_run(recording, tmp_path, *options("small"), work=tmp_path / "work")
    assert first.published["changed"]
    second = farm_run(recording, tmp_path, *options("take"), work=tmp_path / "work")
    assert second.only("planned")["tasks"] == 0
    assert [one[0] for one in second.published["products"]] == ["take"]
    assert second.published["master"] == first.published["master"]


def test_a_new_title_encodes_no_picture_though_all_pieces_were_dropped(
    library: Path, recording: Path, done: Ran, release: dict[str, Any], tmp_path: Path
) -> None:
    copy = tmp_path / "library"
    shutil.copytree(library, copy)
    shutil.rmtree(copy / "cache" / "pieces")
    given = (*options(*PROFILES), "--title", "滴灌")
    again = farm_run(recording, copy, *given, work=tmp_path / "work")
    assert again.published["release"] == 2
    assert sum(one["decoded"] for one in again.events if one["event"] == "encoded") == 0
    renamed = release_of(copy, again.published["lesson"])
    same = [name for name in PROFILES[1:] if product(release, name) == product(renamed, name)]
    assert same == ["air", "vcd"]


def test_captions_that_are_none_are_refused_before_anything_is_encoded(
    recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.srt").write_text("not a caption", encoding="utf-8")
    given = ("--captions", str(tmp_path / "notes.srt"))
    ran = farm_run(
        recording, tmp_path / "library", *options("small"), *given, work=tmp_path / "work"
    )
    assert ran.status == 3
    assert "notes.srt cannot be used" in ran.errors
    assert not [one for one in ran.events if one["event"] == "planned"]


def test_captions_are_drawn_only_where_there_are_some(tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.mp4", seconds=1)
    asked = (*options("air"), "--burn")
    ran = farm_run(path, tmp_path / "library", *asked, work=tmp_path / "work")
    assert ran.status == 3
    assert "--captions" in ran.errors


def test_a_profile_without_its_program_is_refused_before_any_work(
    recording: Path, tmp_path: Path
) -> None:
    ran = farm_run(
        recording, tmp_path, "--profile", "vcd", work=tmp_path / "work", env={"PATH": "/nowhere"}
    )
    assert ran.status == 2
    assert "apt-get install vcdimager" in ran.errors
    assert not [one for one in ran.events if one["event"] == "planned"]


def test_a_profile_of_pictures_refuses_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    lecture(tmp_path / "talk.mp4", seconds=1, sound=tone())
    with av.open(str(tmp_path / "talk.mp4")) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("pcm_s16le", rate=48000)
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    ran = farm_run(path, tmp_path / "library", "--profile", "broadcast", work=tmp_path / "work")
    assert ran.status == 3
    assert "no picture" in ran.errors


def test_an_intro_and_an_outro_stay_in_time(tmp_path: Path) -> None:
    main_part = make_flashes(tmp_path / "main.mp4", seconds=9)
    intro = lecture(tmp_path / "intro.mp4", seconds=2, size=(160, 120), rate=30)
    outro = lecture(tmp_path / "outro.mp4", seconds=1.5, size=(320, 180), rate=24)
    ran = farm_run(
        main_part,
        tmp_path / "library",
        *options("take"),
        *("--intro", str(intro), "--outro", str(outro)),
        work=tmp_path / "work",
    )
    assert ran.published["master"] is None
    release = release_of(tmp_path / "library", ran.published["lesson"])
    path = main(tmp_path / "library", release, "take")
    assert abs(Fraction(release["entry"]["duration"]) - Fraction(25, 2)) < Fraction(1, 20)
    sync = measure(path)
    # The clips' slides are as bright as a flash: they begin where they should, too.
    assert sync.flashes == pytest.approx((0, 7, 11), abs=0.04)
    assert sync.beeps == pytest.approx((7,), abs=0.04)

"""Real recordings of every kind through every way out, read back with others' programs.

There is no interlaced recording among them: tapes are made of a film whose motion is doubled.
"""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from tests.farm_run import MEDIA, SMALL_PROFILE, Ran, farm_run, release_of
from tests.tools import looks
from tests.tools.looks import Sight, sight
from tests.tools.programs import ffmpeg, run

pytestmark = pytest.mark.skipif(
    not MEDIA.is_dir(), reason=f"no recordings in {MEDIA}; set FARM_TEST_MEDIA to a folder of them"
)

FILM = "aac51.mp4"
ALL = ("small", "air", "disc", "take")
"""HLS, broadcast, DVD and download."""

Maker = Callable[[Path], Path]


def as_it_is(name: str) -> Maker:
    return lambda _: MEDIA / name


def cut(name: str, seconds: float) -> Maker:
    """With its pictures as they are."""

    def make(folder: Path) -> Path:
        codecs = ("-c:v", "copy", "-c:a", "aac")
        return _made(folder / name, "-i", MEDIA / name, "-t", str(seconds), *codecs)

    return make


def tape(name: str, graph: str, *codec: str) -> Maker:
    """Of 50 fields a second, shot from the film."""

    def make(folder: Path) -> Path:
        fields = f"setpts=PTS/2,fps=50,{graph}"
        options = ("-vf", fields, "-flags", "+ilme+ildct", *codec, "-ac", "2", "-t", "2")
        return _made(folder / name, "-i", MEDIA / FILM, *options)

    return make


def in_two_languages(folder: Path) -> Path:
    texts = []
    for name, words in (("chi", "兔子醒来"), ("eng", "The rabbit wakes")):
        path = folder / f"{name}.srt"
        path.write_text(f"1\n00:00:00,500 --> 00:00:01,500\n{words}\n", encoding="utf-8")
        texts.append(path)
    inputs = [MEDIA / FILM, MEDIA / "aud_counting_en.m4a", *texts]
    maps = ("-map", "0:v", "-map", "0:a", "-map", "1:a", "-map", "2", "-map", "3")
    tags = [
        word
        for kind in "as"
        for n, language in enumerate(("chi", "eng"))
        for word in (f"-metadata:s:{kind}:{n}", f"language={language}")
    ]
    files = [word for path in inputs for word in ("-i", path)]
    codecs = ("-c:v", "copy", "-c:a", "aac", "-c:s", "srt")
    return _made(folder / "languages.mkv", *files, *maps, "-t", "2", *codecs, *tags)


def _made(path: Path, *words: str | Path) -> Path:
    run([ffmpeg(), "-v", "error", "-y", *words, path]).ok()
    return path


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    make: Maker
    screen: Fraction | None
    """Width by height of the nearer of television's two displays; None without pictures."""
    shape: Fraction | None
    """Of a file to download: the recording's own."""
    seconds: float
    profiles: tuple[str, ...] = ALL
    fields: str = "progressive"
    """On a DVD; everywhere else pictures are whole."""
    sound: bool = True
    looked: tuple[float, ...] = (0.2, 0.8)
    """Seconds at which pictures are compared."""


WIDE, NARROW = Fraction(16, 9), Fraction(4, 3)
TOP = "tinterlace=interleave_top,scale=720:576:interl=1,setfield=tff,setsar=64/45"
BOTTOM = "crop=960:720,scale=720:576,tinterlace=interleave_bottom,setfield=bff,setsar=16/15"

CASES = (
    Case(
        "anamorphic-tape",
        tape("tape.mpg", TOP, "-c:v", "mpeg2video", "-b:v", "6M"),
        WIDE,
        WIDE,
        2,
        fields="top first",
    ),
    Case(
        "narrow-tape",
        tape("dv.avi", BOTTOM, "-c:v", "dvvideo", "-pix_fmt", "yuv420p"),
        NARROW,
        NARROW,
        2,
        fields="bottom first",
    ),
    Case("two-languages", in_two_languages, WIDE, WIDE, 2),
    Case(
        "variable-rate",
        cut("oc_eth_slides_talk_vfr.mov", 4),
        NARROW,
        NARROW,
        4,
        looked=(0.7, 2.5),
    ),
    Case("old-phone", cut("leg_phone_h263_amr.3gp", 2), NARROW, NARROW, 2, looked=(0.0,)),
    Case("turned", as_it_is("ph_rotate_reflect.mp4"), NARROW, Fraction(2, 3), 1.1),
    Case("portrait", as_it_is("ph_ios9_rot.mov"), NARROW, Fraction(9, 16), 0.5, looked=(0.1, 0.3)),
    Case("silent", as_it_is("leg_prores_hq.mov"), NARROW, NARROW, 1, sound=False),
    Case("sound-alone", as_it_is("aud_chapters_cover.m4a"), None, None, 10.47, ("small", "audio")),
)
SEEN = tuple(case for case in CASES if case.screen is not None)


@dataclass(frozen=True, slots=True)
class Made:
    source: Path
    folder: Path
    """For what a test writes."""
    run: Ran

    def main(self, profile: str) -> Sight:
        """The first file of that profile."""
        library = self.folder / "library"
        lesson = self.run.published["lesson"]
        (found,) = [
            one for one in release_of(library, lesson)["products"] if one["profile"] == profile
        ]
        return sight(library / "lessons" / lesson / found["files"][0]["path"])

    @property
    def seconds(self) -> float:
        release = release_of(self.folder / "library", self.run.published["lesson"])
        return float(Fraction(release["entry"]["duration"]))


def make(case: Case, folder: Path) -> Made:
    source = case.make(folder)
    asked = [word for profile in case.profiles for word in ("--profile", profile)]
    options = ("--profile-dir", str(SMALL_PROFILE), "--workers", "1", *asked)
    ran = farm_run(source, folder / "library", *options, work=folder / "work")
    return Made(source, folder, ran)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Made]]]:
    """All recordings, two at a time."""
    with ThreadPoolExecutor(2) as two:
        yield {case.name: two.submit(make, case, tmp_path_factory.mktemp("out")) for case in CASES}


each = pytest.mark.parametrize("case", SEEN, ids=lambda case: case.name)


@each
def test_the_picture_has_its_shape_on_every_screen(
    case: Case, made: dict[str, Future[Made]]
) -> None:
    one = made[case.name].result()
    for profile, screen in (("air", case.screen), ("disc", case.screen), ("take", case.shape)):
        product = one.main(profile)
        assert screen is not None
        assert float(looks.display(product)) == pytest.approx(float(screen), rel=0.01), profile
        across, down = looks.stretch(sight(one.source), product, case.looked, one.folder)
        assert (across, down) == pytest.approx((1, 1), abs=0.015), profile


@each
def test_every_product_lasts_as_long_and_is_as_loud_as_asked(
    case: Case, made: dict[str, Future[Made]]
) -> None:
    one = made[case.name].result()
    assert one.seconds == pytest.approx(case.seconds, abs=0.1)
    quiet = "quiet" in {note["code"] for note in one.run.only("inspected")["findings"]}
    for profile, level in (("air", -24), ("disc", -24), ("take", -16)):
        product = one.main(profile)
        if profile != "take":
            assert looks.counted(product) == pytest.approx(one.seconds * 25, abs=1), profile
        if not case.sound:
            assert not looks.languages(product, "Audio"), profile
            continue
        seconds, loudness = looks.heard(product)
        assert seconds == pytest.approx(one.seconds, abs=0.12), profile
        assert quiet or loudness == pytest.approx(level, abs=0.7), profile


@each
def test_fields_are_kept_on_discs_and_nowhere_else(
    case: Case, made: dict[str, Future[Made]]
) -> None:
    one = made[case.name].result()
    assert looks.fields(one.main("disc")) == case.fields
    assert {looks.fields(one.main(profile)) for profile in ("air", "take")} == {"progressive"}


@pytest.mark.parametrize(("name", "first"), [("anamorphic-tape", 0), ("narrow-tape", 1)])
def test_what_moves_on_a_tape_moves_the_right_way_on_a_disc(
    name: str, first: int, made: dict[str, Future[Made]]
) -> None:
    one = made[name].result()
    counts = looks.combs(one.main("disc"))
    assert counts[first] > 10 * counts[1 - first]
    assert counts[first] > 10 * counts[2]
    *combed, whole = looks.combs(one.main("take"))
    assert whole > 10 * sum(combed)


def test_every_language_is_heard_and_read(made: dict[str, Future[Made]]) -> None:
    one = made["two-languages"].result()
    master = (one.folder / "library" / one.run.published["master"]).read_text(encoding="utf-8")
    for kind in ("AUDIO", "SUBTITLES"):
        listed = [line for line in master.splitlines() if f"TYPE={kind}," in line]
        assert ["zh" in listed[0], "en" in listed[1]] == [True, True], listed
    take = one.main("take")
    assert looks.languages(take, "Audio") == ["zho", "eng"]
    assert looks.languages(take, "Subtitle") == ["zho", "eng"]
    listing = run(["lsdvd", "-a", "-s", one.main("disc").path]).ok().out
    for track in ("Audio", "Subtitle"):
        assert re.search(rf"{track}: 0?1, Language: zh", listing)
        assert re.search(rf"{track}: 0?2, Language: en", listing)
    assert looks.languages(one.main("air"), "Audio") == ["chi"]


def test_a_slide_changes_at_the_same_time_everywhere(made: dict[str, Future[Made]]) -> None:
    one = made["variable-rate"].result()
    expected = looks.changed(sight(one.source))
    assert expected > 1
    for profile in ("air", "disc", "take"):
        assert looks.changed(one.main(profile)) == pytest.approx(expected, abs=0.045), profile


def test_surround_sound_becomes_stereo_on_a_disc_and_mono_on_air(
    made: dict[str, Future[Made]],
) -> None:
    one = made["two-languages"].result()
    source = run([ffmpeg(), "-hide_banner", "-i", one.source]).err
    assert ", 5.1" in source
    for profile, layout in (("disc", "stereo"), ("air", "mono"), ("take", "stereo")):
        told = run([ffmpeg(), "-hide_banner", *one.main(profile).words]).err
        assert f"Hz, {layout}" in told, profile


def test_sound_alone_is_streamed_and_tagged(made: dict[str, Future[Made]]) -> None:
    one = made["sound-alone"].result()
    seconds, loudness = looks.heard(one.main("audio"))
    assert seconds <= one.seconds + 0.1
    assert loudness == pytest.approx(-16, abs=0.7)
    streamed = sight(one.folder / "library" / one.run.published["master"])
    assert looks.heard(streamed)[0] == pytest.approx(10.47, abs=0.15)
    told = run([ffmpeg(), "-hide_banner", *one.main("audio").words]).err
    assert "attached pic" in told or "Cover" in told or "title" in told


@pytest.mark.parametrize(
    ("file", "profile", "why"),
    [
        ("aud_bigcover.mp3", "air", "no picture"),
        ("aud_bigcover.mp3", "disc", "no picture"),
        ("leg_prores_hq.mov", "audio", "no sound"),
        ("bad_broken.mp4", "take", ""),
    ],
)
def test_what_cannot_be_made_is_refused_plainly(
    file: str, profile: str, why: str, tmp_path: Path
) -> None:
    options = ("--profile-dir", str(SMALL_PROFILE), "--profile", profile)
    ran = farm_run(MEDIA / file, tmp_path / "library", *options, work=tmp_path / "work")
    assert ran.status == 3
    assert why in ran.errors
    assert len(ran.errors.strip().splitlines()) == 1, json.dumps(ran.errors)
    assert not list(tmp_path.glob("library/lessons/*/lesson.json"))

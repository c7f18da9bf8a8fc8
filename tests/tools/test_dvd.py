"""A DVD as others see it: lsdvd, FFmpeg's dvdvideo, libdvdnav, pycdlib, poppler."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import pycdlib
import pytest

from encoders.dvd import make_dvd
from encoders.product import Product
from encoders.verify import Faulty
from tests.encoders.dvds import grain, make_parts, make_task, sha256_of
from tests.tools.dvdnav import playing
from tests.tools.programs import ffmpeg, run

CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.500\n滴灌省水\n\n00:03.000 --> 00:04.000\nDrip\n"


@dataclass(frozen=True, slots=True)
class Burnt:
    product: Product
    folder: Path

    def file(self, role: str) -> Path:
        return self.folder / next(f.file.name for f in self.product.files if f.role == role)

    @property
    def iso(self) -> Path:
        return self.file("main")


def burn(inputs: Path, folder: Path, standard: str = "pal") -> Burnt:
    lines = {"pal": 576, "ntsc": 480}[standard]
    parts = (
        make_parts(
            inputs,
            "one",
            languages=("zh-CN", "en"),
            captions=CAPTIONS,
            size=(352, lines // 2),
            standard=standard,
        ),
        make_parts(
            inputs,
            "two",
            title="番茄的病虫害防治与农药安全使用技术讲座（第二部分）",
            codec="mp2",
            size=(352, lines),
            standard=standard,
            aspect=Fraction(16, 9),
            paint=grain,
        ),
        make_parts(
            inputs,
            "three",
            title="没有章节",
            seconds=3,
            size=(720, lines),
            standard=standard,
            chapters=(),
        ),
    )
    folder.mkdir()
    return Burnt(make_dvd(make_task(inputs, folder, parts), lambda _: None), folder)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


@pytest.fixture(scope="module")
def disc(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Burnt:
    return burn(inputs, tmp_path_factory.mktemp("disc") / "pal")


@pytest.fixture(scope="module")
def ntsc(tmp_path_factory: pytest.TempPathFactory) -> Burnt:
    return burn(
        tmp_path_factory.mktemp("inputs-ntsc"), tmp_path_factory.mktemp("ntsc") / "disc", "ntsc"
    )


def listed(iso: Path) -> list[ElementTree.Element]:
    text = run(["lsdvd", "-x", "-Ox", iso]).ok().out
    return ElementTree.fromstring(text[text.index("<?xml") :]).findall("track")


def texts(track: ElementTree.Element, path: str) -> list[str]:
    return [element.text or "" for element in track.findall(path)]


def test_lsdvd_lists_titles_chapters_lengths_and_languages(disc: Burnt) -> None:
    one, two, three = listed(disc.iso)
    assert [texts(track, "length") for track in (one, two, three)] == [["6.000"]] * 2 + [["3.000"]]
    assert texts(one, "chapter/length") == ["1.800", "1.800", "2.400"]
    assert texts(three, "chapter/length") == ["3.000"]
    assert texts(one, "audio/langcode") == ["zh", "en"]
    assert texts(one, "subp/langcode") == ["zh"]
    assert texts(one, "audio/format") == ["ac3", "ac3"]
    assert texts(two, "audio/format") == ["mpeg1"]
    assert [texts(track, "aspect") for track in (one, two)] == [["4/3"], ["16/9"]]
    assert texts(one, "format") == ["PAL"]


def test_lsdvd_knows_ntsc(ntsc: Burnt) -> None:
    one, *_ = listed(ntsc.iso)
    assert texts(one, "format") == ["NTSC"]
    assert texts(one, "fps") == ["29.97"]
    assert float(texts(one, "length")[0]) == pytest.approx(6.0, abs=0.05)


@pytest.mark.parametrize(("title", "pictures"), [(1, 150), (2, 150), (3, 75)])
def test_ffmpeg_counts_every_picture_of_a_title(disc: Burnt, title: int, pictures: int) -> None:
    options = ["-f", "dvdvideo", "-title", str(title), "-i", disc.iso]
    done = run([ffmpeg(), "-hide_banner", "-xerror", *options, "-map", "0:v", "-f", "null", "-"])
    frames = re.findall(r"frame= *(\d+)", done.ok().err)
    assert int(frames[-1]) == pictures


def test_ffmpeg_opens_the_menu_of_the_disc_and_of_a_lesson(disc: Burnt) -> None:
    for where in (["-menu_lu", "1", "-menu_vts", "0"], ["-menu_lu", "1", "-menu_vts", "1"]):
        options = ["-f", "dvdvideo", "-menu", "1", "-pgc", "1", "-pg", "1", *where]
        done = run([ffmpeg(), "-hide_banner", *options, "-i", disc.iso, "-f", "null", "-"])
        assert re.findall(r"frame= *(\d+)", done.ok().err)[-1] == "15"


def test_captions_show_at_their_times(disc: Burnt) -> None:
    options = ["-f", "dvdvideo", "-title", "1", "-i", disc.iso, "-map", "0:s:0", "-c", "copy"]
    made = disc.folder.parent / "captions.mkv"
    run([ffmpeg(), "-v", "error", "-y", *options, made]).ok()
    with av.open(str(made), "r") as container:
        starts = [
            float(packet.pts * packet.time_base)
            for packet in container.demux(container.streams.subtitles[0])
            if packet.size and packet.pts is not None
        ]
    assert starts == pytest.approx([1.0, 3.0], abs=0.15)


@pytest.mark.parametrize("standard", ["pal", "ntsc"])
def test_a_player_walks_the_menu_every_chapter_and_back(
    standard: str, request: pytest.FixtureRequest
) -> None:
    disc: Burnt = request.getfixturevalue("disc" if standard == "pal" else "ntsc")
    chapters = {1: 3, 2: 3, 3: 1}
    with playing(disc.iso) as player:
        assert player.watch() == ()
        home = player.place()
        # lesson and its chapters, twice; a lesson without chapters; play all
        assert home.buttons == 6
        assert {n: player.chapters(n) for n in range(1, player.titles() + 1)} == chapters
        for button, title in ((1, 1), (3, 2), (5, 3)):
            player.press(button)
            assert player.watch() == tuple((title, n + 1) for n in range(chapters[title]))
            assert player.place() == home
        player.press(6)
        everything = tuple((title, n + 1) for title in chapters for n in range(chapters[title]))
        assert player.watch() == everything
        assert player.place() == home


def test_a_player_walks_the_menu_of_a_lesson(disc: Burnt) -> None:
    with playing(disc.iso) as player:
        player.watch()
        home = player.place()
        for chapter in (1, 2, 3):
            player.press(4)
            assert player.watch() == ()
            assert player.place().buttons == 4
            player.press(chapter)
            assert player.watch() == tuple((2, n) for n in range(chapter, 4))
            assert player.place() == home
        player.press(4)
        player.watch()
        player.press(4)
        assert player.watch() == ()
        assert player.place() == home


def test_the_remotes_keys_lead_to_the_menus_and_end_playing_all(disc: Burnt) -> None:
    with playing(disc.iso) as player:
        player.watch()
        home = player.place()
        player.press(6)
        player.play(2, 3)
        player.menu(2)
        assert player.watch() == ()
        assert player.place() == home
        player.press(1)
        assert {title for title, _ in player.watch()} == {1}


def test_the_image_reads_as_iso_9660_and_as_udf(disc: Burnt) -> None:
    iso = pycdlib.PyCdlib()
    iso.open(str(disc.iso))
    try:
        udf = {
            child.file_identifier().decode()
            for child in iso.list_children(udf_path="/VIDEO_TS")
            if child is not None and child.is_file()
        }
        plain = {
            child.file_identifier().decode().removesuffix(";1")
            for child in iso.list_children(iso_path="/VIDEO_TS")
            if child.is_file()
        }
    finally:
        iso.close()
    assert {"VIDEO_TS.IFO", "VIDEO_TS.BUP", "VTS_03_1.VOB"} <= udf == plain


def test_the_same_parts_give_the_same_bytes(disc: Burnt, inputs: Path, tmp_path: Path) -> None:
    again = burn(inputs, tmp_path / "again")
    assert again.product == disc.product
    assert sorted(path.name for path in again.folder.iterdir()) == sorted(
        file.file.name for file in disc.product.files
    )


def test_the_checksum_is_the_images(disc: Burnt) -> None:
    digest, name = disc.file("sha256").read_text().split()
    assert (digest, name) == (sha256_of(disc.iso), disc.iso.name)


def test_the_papers_say_what_is_on_the_disc(disc: Burnt) -> None:
    label = run(["pdftotext", "-layout", disc.file("label"), "-"]).ok().out
    contents = run(["pdftotext", "-layout", disc.file("contents"), "-"]).ok().out
    for text in (label, contents):
        assert "温室番茄栽培" in text
        assert "Disc 1 of 1" in text
        assert "长沙制作基地" in text
    assert "番茄的病虫害防治与农药安全使用技术讲座（第二部分）" in contents
    assert "0:03" in contents
    assert sha256_of(disc.iso) in contents


def test_a_disc_that_is_too_full_is_not_handed_out(inputs: Path, tmp_path: Path) -> None:
    parts = make_parts(inputs, "large", seconds=2)
    task = replace(make_task(inputs, tmp_path, (parts,)), capacity=100_000)
    with pytest.raises(Faulty, match="of the 100,000 there are"):
        make_dvd(task, lambda _: None)
    assert not list(tmp_path.glob("*.iso"))


def test_many_lessons_have_pages_and_are_all_played_in_a_row(tmp_path: Path) -> None:
    """More than one home menu can tell apart; the player comes back to the page it left."""
    count = 34
    inputs, folder = tmp_path / "inputs", tmp_path / "disc"
    inputs.mkdir()
    folder.mkdir()
    parts = make_parts(inputs, "short", seconds=1, chapters=(), quantisers=(8,))
    lessons = tuple(replace(parts, title=f"第{n}课") for n in range(1, count + 1))
    made = make_dvd(make_task(inputs, folder, lessons), lambda _: None)
    with playing(folder / made.files[0].file.name) as player:
        player.watch()
        for _ in range(5):
            player.press(player.place().buttons)
            assert player.watch() == ()
        last = player.place()
        assert last.buttons == 4 + 2
        player.press(1)
        assert player.watch() == ((31, 1),)
        assert player.place() == last
        player.press(5)
        assert player.watch() == tuple((n, 1) for n in range(1, count + 1))
        assert player.place() == last

"""Captions as DVD subpictures, through spumux and back out of the program stream."""

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from encoders.captions.subpictures import Subpictures, subpictures
from tests.encoders.captions import caption
from tests.tools.programs import ffmpeg, run

CAPTIONS = (
    caption(1, 2.5, "<b>滴灌</b>与<i>施肥</i>\n水压 0.3 兆帕"),
    caption(2.5, 3.25, "接着"),
    caption(4, 5, "中文"),
    caption(4.5, 5.5, "English &amp; &lt;more&gt;"),
)
TIMES = [(1, 2.48), (2.5, 3.25), (4, 4.48), (4.5, 4.98), (5, 5.5)]
"""Those that follow each other end a little earlier: a DVD counts ends in 1024/90000 s."""
WIDE = Fraction(64, 45)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("subpictures")


@pytest.fixture(scope="module")
def made(folder: Path) -> Subpictures:
    return subpictures(CAPTIONS, 720, 576, WIDE, folder)


def test_pictures_have_four_colours_and_even_places(made: Subpictures, folder: Path) -> None:
    assert [(float(start), float(stop)) for start, stop in made.spans] == TIMES
    assert len(made.pictures) == made.xml.count("<spu ") == len(TIMES)
    for name in made.pictures:
        with Image.open(folder / name) as picture:
            assert picture.mode == "P"
            assert (picture.width % 2, picture.height % 2) == (0, 0)
            assert {index for _, index in picture.getcolors()} == {0, 1, 2, 3}  # type: ignore[union-attr]
            assert picture.info["transparency"] == 0
    places = [int(value) for value in made.xml.split('"') if value.isdecimal()]
    assert len(places) == 2 * len(TIMES)
    assert all(place % 2 == 0 for place in places)


def test_spumux_muxes_them_and_ffmpeg_reads_them(made: Subpictures, folder: Path) -> None:
    source, out, script = (folder / name for name in ("in.mpg", "out.mpg", "spumux.xml"))
    picture, sound = "color=c=blue:s=720x576:r=25:d=7", "sine=d=7"
    command = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    run([*command, "-target", "pal-dvd", source]).ok()
    script.write_text(made.xml)
    with source.open("rb") as stdin, out.open("wb") as stdout:
        subprocess.run(
            ["spumux", "-m", "dvd", "-s", "0", script],
            stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, cwd=folder, check=True,
        )  # fmt: skip
    with av.open(str(out)) as container:
        (stream,) = container.streams.subtitles
        assert stream.codec_context.name == "dvdsub"
        first = None
        times, sizes = [], []
        for packet in container.demux():
            if packet.stream.type == "video" and first is None and packet.pts is not None:
                first = packet.pts * packet.time_base
            if packet.stream is stream and packet.size and packet.pts is not None:
                shown = stream.decode2(packet)
                assert shown is not None
                times.append((packet.pts * packet.time_base, shown.end_display_time))
                sizes.append([(rect.x % 2, rect.y % 2, rect.nb_colors) for rect in shown])  # type: ignore[attr-defined]
    assert first is not None
    starts = [float(start - first) for start, _ in times]
    assert starts == pytest.approx([start for start, _ in TIMES], abs=0.011)
    lengths = [stop / 1000 for _, stop in times]
    # A subpicture counts its length in units of 1024 / 90000 s.
    assert lengths == pytest.approx([stop - start for start, stop in TIMES], abs=0.023)
    assert sizes == [[(0, 0, 4)]] * len(TIMES)


def test_the_same_captions_give_the_same_bytes(
    made: Subpictures, folder: Path, tmp_path: Path
) -> None:
    again = subpictures(CAPTIONS, 720, 576, WIDE, tmp_path)
    assert again == made
    for name in made.pictures:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_single_caption_is_two_subpictures(tmp_path: Path) -> None:
    """Of one, dvdauthor writes what lay in memory behind it to the disc."""
    made = subpictures((caption(1, 3, "滴灌"),), 352, 576, Fraction(2), tmp_path)
    assert [(float(start), float(stop)) for start, stop in made.spans] == [(1, 1.98), (2, 3)]
    assert len(made.pictures) == 1
    assert made.xml.count(made.pictures[0]) == 2


def test_without_captions_there_is_nothing_to_mux(tmp_path: Path) -> None:
    assert subpictures((), 720, 576, WIDE, tmp_path).pictures == ()
    assert list(tmp_path.iterdir()) == []

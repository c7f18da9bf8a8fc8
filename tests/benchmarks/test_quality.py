"""Hand-made DVDs are as large as they are asked to be; VMAF tells coding, not tags or bars."""

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.outputs import WrongOutput
from benchmarks.quality import Title, by_hand, raster, vmaf_by_hand

SECONDS = 2
RATE = 25
TAGS = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=limited"


@pytest.fixture(scope="module")
def title(tmp_path_factory: pytest.TempPathFactory) -> Title:
    """A moving picture wider than the display, tagged as HD is; DVD programs are tagged as SD."""
    path = tmp_path_factory.mktemp("recording") / "clip.mp4"
    picture = f"mandelbrot=size=640x320:rate={RATE}:start_scale=0.5,format=yuv420p,{TAGS}"
    command = [peers.ffmpeg(), "-v", "error", "-f", "lavfi", "-i", picture]
    encode = ["-t", str(SECONDS), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "10"]
    subprocess.run([*command, *encode, str(path)], check=True)
    return Title(
        recording=path,
        shape=Fraction(2),
        matrix="bt709",
        width=720,
        height=576,
        aspect=Fraction(16, 9),
        rate=Fraction(RATE),
        pictures=SECONDS * RATE,
        standard="pal",
    )


def test_programs_take_the_bytes_they_are_given(title: Title, tmp_path: Path) -> None:
    made = by_hand([title, title], 1_400_000, tmp_path)

    assert made.size == pytest.approx(1_400_000, rel=0.05)
    assert len(made.paths) == 2


def test_more_bits_are_better_and_tags_do_not_matter(title: Title, tmp_path: Path) -> None:
    scores = []
    for size in (400_000, 1_800_000):
        folder = tmp_path / str(size)
        folder.mkdir()
        (path,) = by_hand([title], size, folder).paths
        scores.append(vmaf_by_hand(path, title, folder))

    assert scores[0] < scores[1]
    assert scores[1] > 90


def test_a_program_that_ends_early_is_noticed(title: Title, tmp_path: Path) -> None:
    short = tmp_path / "short.mpg"
    command = [peers.ffmpeg(), "-v", "error", "-i", str(title.recording), "-t", "1"]
    subprocess.run([*command, "-target", "pal-dvd", str(short)], check=True)

    with pytest.raises(WrongOutput, match="of 50 pictures"):
        vmaf_by_hand(short, title, tmp_path)


def test_a_wide_picture_is_put_between_bars_and_only_the_farms_is_converted(title: Title) -> None:
    filters = raster(title, converted=False)

    assert "scale=720:512" in filters
    assert "pad=720:576:0:32:black" in filters
    assert "colormatrix" not in filters
    assert "colormatrix=bt709:bt601" in raster(title, converted=True)

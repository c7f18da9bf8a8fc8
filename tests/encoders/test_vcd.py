"""VCDs and SVCDs: recognised and ripped back by VCDImager, decoded by another FFmpeg."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from encoders.product import Product
from encoders.vcd import VcdTask, make_vcd, renamed_sheet
from encoders.verify import Faulty
from tests.encoders.vcd_pieces import RATE, lesson
from tests.encoders.vcd_player import PICTURES, SOUND, packets, play
from tests.media import Luma, noise
from tests.tools.programs import ffmpeg, run

COUNTS = (90, 60)
CHAPTERS = (Fraction(0), Fraction(13, 10), Fraction(4))


@dataclass(frozen=True, slots=True)
class Disc:
    task: VcdTask
    product: Product
    folder: Path

    def file(self, role: str) -> Path:
        name = next(one.file.name for one in self.product.files if one.role == role)
        return self.folder / name

    def burnable(self) -> Path:
        """The cue sheet beside its image under one plain name, as a person is handed them."""
        sheet = self.folder / "plain" / "disc.cue"
        sheet.parent.mkdir(exist_ok=True)
        sheet.with_suffix(".bin").unlink(missing_ok=True)
        sheet.with_suffix(".bin").hardlink_to(self.file("bin"))
        sheet.write_text(renamed_sheet(self.file("cue").read_text("ascii"), "disc.bin"))
        return sheet

    def stream(self) -> bytes:
        """The packs in the image, as a player reads them."""
        raw = self.file("bin").read_bytes()
        sectors = (raw[at + 24 : at + 24 + 2324] for at in range(0, len(raw), 2352))
        return b"".join(sector for sector in sectors if sector.startswith(b"\0\0\1\xba"))

    def ripped(self) -> Path:
        folder = self.folder / "ripped"
        folder.mkdir()
        run(["vcdxrip", f"--cue-file={self.burnable()}"], folder=folder).ok()
        return next(folder.glob("*.mpg"))


def silent(_: float) -> None:
    pass


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Disc]:
    discs: dict[str, Disc] = {}

    def make(kind: str) -> Disc:
        if kind not in discs:
            inputs = tmp_path_factory.mktemp(f"{kind}-inputs")
            folder = tmp_path_factory.mktemp(kind)
            task = replace(lesson(inputs, kind, COUNTS, CHAPTERS), folder=str(folder))
            discs[kind] = Disc(task, make_vcd(task, silent), folder)
        return discs[kind]

    return make


@pytest.mark.parametrize(("kind", "words"), [("vcd", "VCD 2.0"), ("svcd", "SVCD")])
def test_vcd_info_reads_the_disc_with_its_chapters(
    made: Callable[[str], Disc], kind: str, words: str
) -> None:
    disc = made(kind)
    report = run(["vcd-info", f"--cue-file={disc.burnable()}"]).ok()
    assert f"{words} detected" in report.out
    assert "volume id: `COURSE_01'" in report.out
    assert "GNU" not in report.out.split("preparer id:")[1].splitlines()[0]
    places = [int(n) for n in re.findall(r"ENTRY\[\d+\]: .*LSN\s+(\d+)", report.out)]
    assert len(places) == 3
    assert places == sorted(set(places))
    assert "ERROR" not in report.err


@pytest.mark.parametrize("kind", ["vcd", "svcd"])
def test_the_same_task_gives_the_same_bytes(
    made: Callable[[str], Disc], kind: str, tmp_path: Path
) -> None:
    disc = made(kind)
    assert make_vcd(replace(disc.task, folder=str(tmp_path)), silent) == disc.product
    assert {path.name for path in tmp_path.iterdir()} == {
        one.file.name for one in disc.product.files
    }


@pytest.mark.parametrize("kind", ["vcd", "svcd"])
def test_every_picture_comes_back_in_time_with_its_sound(
    made: Callable[[str], Disc], kind: str, tmp_path: Path
) -> None:
    disc = made(kind)
    stream = disc.ripped()
    decoded = run([ffmpeg(), "-v", "error", "-i", stream, "-f", "null", "-"]).ok()
    assert decoded.err == ""
    with av.open(str(stream)) as container:
        times = sorted(
            float(frame.pts * frame.time_base)
            for frame in container.decode(container.streams.video[0])
            if frame.pts is not None and frame.time_base is not None
        )
    assert len(times) == sum(COUNTS)
    assert times[-1] - times[0] == pytest.approx((sum(COUNTS) - 1) / 25, abs=0.001)
    assert onset(stream) - times[0] == pytest.approx(2.0, abs=0.02)


def onset(stream: Path) -> float:
    """Seconds on the stream's clock at which the tone comes back after its first silence."""
    with av.open(str(stream)) as container:
        silent_before = False
        for frame in container.decode(container.streams.audio[0]):
            level = abs(frame.to_ndarray().astype(float))
            loud = level > level.max() / 2 if level.max() > 0.05 else None
            if loud is None:
                silent_before = True
            elif silent_before and frame.pts is not None and frame.time_base is not None:
                first = int(loud.reshape(loud.shape[0], -1)[0].argmax())
                return float(frame.pts * frame.time_base) + first / frame.sample_rate
    raise AssertionError("the tone never came back")


@pytest.mark.parametrize("kind", ["vcd", "svcd"])
def test_a_player_has_everything_in_time_and_room_for_it(
    made: Callable[[str], Disc], kind: str
) -> None:
    disc = made(kind)
    stream = disc.stream()
    played = play(stream, kind, RATE)
    assert len(played[PICTURES]) == sum(COUNTS)
    assert len(played[SOUND]) == pytest.approx(6 * 44_100 / 1152, abs=2)
    assert len(stream) == 2324 * disc.product.measured["packs"]


def test_a_vcd_is_read_at_one_speed(made: Callable[[str], Disc]) -> None:
    """75 packs a second, each with the clock of its own sector, and the rate of raw sectors."""
    stream = made("vcd").stream()
    clocks = sorted({packet.clock for packet in packets(stream)})
    assert clocks == list(range(0, 1200 * (len(stream) // 2324), 1200))
    assert {stream[at + 9 : at + 12] for at in range(0, len(stream), 2324)} == {
        (1 << 23 | 3528 << 1 | 1).to_bytes(3)
    }


@pytest.mark.parametrize("kind", ["vcd", "svcd"])
def test_pieces_are_one_stream(made: Callable[[str], Disc], kind: str) -> None:
    """One rate and buffer in all sequence headers, and time codes that count on."""
    disc = made(kind)
    data = pictures_of(disc)
    headers = [data[at + 4 : at + 12] for at in places(data, b"\0\0\1\xb3")]
    assert len(headers) == sum(COUNTS) // 15
    assert len(set(headers)) == 1
    numbers = int.from_bytes(headers[0][4:])
    assert numbers >> 14 == -(-disc.task.rendition.maxrate // 400)
    assert numbers >> 3 & 0x3FF == disc.task.rendition.buffer // 16_384
    codes = [int.from_bytes(data[at + 4 : at + 8]) for at in places(data, b"\0\0\1\xb8")]
    assert [(c >> 13 & 63) * 25 + (c >> 7 & 63) for c in codes] == list(range(0, sum(COUNTS), 15))
    assert {code & 0x7F for code in codes} == {0x40}  # closed


def test_an_svcd_points_to_its_key_pictures(made: Callable[[str], Disc]) -> None:
    """Where the next ones are is filled in by VCDImager; players search by it."""
    data = pictures_of(made("svcd"))
    found = [data[at + 6 : at + 18] for at in places(data, b"\0\0\1\xb2\x10\x0e")]
    assert len(found) == sum(COUNTS) // 15
    assert all(b"\xff\xff\xff" not in one for one in found[1:-1])
    assert len(set(found)) == len(found)


def pictures_of(disc: Disc) -> bytes:
    return b"".join(one.data for one in packets(disc.stream()) if one.stream == PICTURES)


def places(data: bytes, mark: bytes) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(mark), data)]


@pytest.mark.parametrize("kind", ["vcd", "svcd"])
def test_a_lesson_without_sound_is_silent(
    made: Callable[[str], Disc], kind: str, tmp_path: Path
) -> None:
    """Discs have to have sound."""
    task = replace(made(kind).task, sound=None, folder=str(tmp_path))
    disc = Disc(task, make_vcd(task, silent), tmp_path)
    assert len(play(disc.stream(), kind, RATE)[SOUND]) == 230
    with av.open(str(disc.ripped())) as container:
        heard = [frame.to_ndarray() for frame in container.decode(audio=0)]
    assert len(heard) == 230
    assert not np.concatenate(heard, axis=-1).any()


def test_the_hardest_pictures_fit_the_disc(tmp_path: Path) -> None:
    """The encoder's rate is used up to its ceiling, and no pack comes late."""
    task = replace(lesson(tmp_path, "vcd", (75, 75), paint=mosaic), folder=str(tmp_path))
    coded = sum(gop.bytes for piece in task.pieces for gop in piece.gops)
    assert coded * 8 / 6 > 1_100_000
    assert make_vcd(task, silent).duration == 6


def mosaic(number: int, width: int, height: int) -> Luma:
    """Every tile new in every picture."""
    tiles = np.random.default_rng(number).integers(60, 180, (height // 8, width // 8))
    return tiles.astype(np.uint8).repeat(8, 0).repeat(8, 1)


def test_ntsc_is_a_disc_too(tmp_path: Path) -> None:
    rate = Fraction(30_000, 1001)
    task = replace(lesson(tmp_path, "vcd", (60,), rate=rate), folder=str(tmp_path))
    assert make_vcd(task, silent).duration == 60 / rate


def test_what_a_disc_cannot_take_is_said(tmp_path: Path) -> None:
    task = lesson(tmp_path, "svcd", (50,), paint=noise)  # five times the rate of a SVCD
    with pytest.raises(Faulty, match="lower maxrate"):
        make_vcd(replace(task, folder=str(tmp_path)), silent)


def test_pieces_for_another_disc_are_refused(made: Callable[[str], Disc]) -> None:
    task = replace(made("vcd").task, kind="svcd")
    with pytest.raises(ValueError, match="mpeg2 of 480x576 or 480x480, not mpeg1 of 352x288"):
        make_vcd(task, silent)


def test_the_cue_sheet_names_the_image(made: Callable[[str], Disc]) -> None:
    disc = made("vcd")
    named = re.findall(r'^FILE "(.*)" BINARY$', disc.file("cue").read_text("ascii"), re.M)
    assert named == [disc.file("bin").name]


def test_a_disc_starts_with_a_whole_group_of_pictures(made: Callable[[str], Disc]) -> None:
    with pytest.raises(ValueError, match="slot 74 is not the start of a group of pictures"):
        make_vcd(replace(made("vcd").task, first=74), silent)


def test_a_piece_that_is_missing_is_found(made: Callable[[str], Disc], tmp_path: Path) -> None:
    task = made("vcd").task
    twice = (task.pieces[0], task.pieces[0])
    with pytest.raises(Faulty, match="starts at slot 0, expected 90"):
        make_vcd(replace(task, pieces=twice, folder=str(tmp_path)), silent)


def test_the_second_of_two_discs(made: Callable[[str], Disc], tmp_path: Path) -> None:
    task = replace(made("vcd").task, first=75, volume=2, volumes=2, folder=str(tmp_path))
    disc = Disc(task, make_vcd(task, silent), tmp_path)
    assert disc.product.duration == (sum(COUNTS) - 75) / RATE
    report = run(["vcd-info", f"--cue-file={disc.burnable()}"]).ok()
    assert "volume count: 2" in report.out
    assert "volume number: 2" in report.out
    played = play(disc.stream(), "vcd", RATE)
    assert len(played[PICTURES]) == sum(COUNTS) - 75
    ripped = disc.ripped()
    with av.open(str(ripped)) as container:
        first = min(frame.time for frame in container.decode(video=0) if frame.time is not None)
    assert onset(ripped) - first == pytest.approx(1.0, abs=0.02)

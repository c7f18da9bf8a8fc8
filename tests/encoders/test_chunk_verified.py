"""No output gets its name before it was opened again and found whole."""

import hashlib
from pathlib import Path

import pytest

from encoders.artifact import finish, publish, set_aside
from encoders.cmaf import Fragment, Init, read_fragment, read_init
from encoders.verify import Faulty, Piece, check_jpeg, check_video
from tests.encoders.chunking import encoded, tasks
from tests.media import lecture

TICKS = 512


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, list[Piece]]:
    """An init and three segments of ten pictures each, from slot 0."""
    path = lecture(tmp_path / "a.mp4", seconds=1.2, size=(192, 108))
    (task,) = tasks(path, rate=25, slots=30, segment=10)
    (rendition,) = encoded(task, tmp_path).encoded
    files = [tmp_path / segment.file.name for segment in rendition.segments]
    return tmp_path / rendition.init.name, [piece_of(file) for file in files]


def piece_of(file: Path) -> Piece:
    found = read_fragment(file.read_bytes())
    return Piece(
        file,
        hashlib.sha256(found.data).hexdigest(),
        found.start,
        found.duration,
        found.samples,
        found.key_bytes,
    )


def test_what_was_made_is_found_whole(made: tuple[Path, list[Piece]]) -> None:
    check_video(*made, 0, TICKS)


def test_a_gap_between_segments_is_found(made: tuple[Path, list[Piece]]) -> None:
    init, pieces = made
    with pytest.raises(Faulty, match=f"starts at tick {20 * TICKS}, expected {10 * TICKS}"):
        check_video(init, [pieces[0], pieces[2]], 0, TICKS)


def test_a_wrong_start_is_found(made: tuple[Path, list[Piece]]) -> None:
    with pytest.raises(Faulty, match="starts at tick 0, expected 512"):
        check_video(*made, TICKS, TICKS)


@pytest.mark.parametrize("keep", [0, 100, -1])
def test_a_short_write_is_found(made: tuple[Path, list[Piece]], keep: int) -> None:
    init, pieces = made
    data = pieces[1].path.read_bytes()
    pieces[1].path.write_bytes(data[:keep])
    with pytest.raises((Faulty, ValueError), match="MP4"):
        check_video(init, pieces, 0, TICKS)


def test_another_file_in_its_place_is_found(made: tuple[Path, list[Piece]]) -> None:
    init, pieces = made
    pieces[1].path.write_bytes(pieces[0].path.read_bytes())
    with pytest.raises(Faulty, match="is not what was written"):
        check_video(init, pieces, 0, TICKS)


def test_a_segment_that_does_not_start_with_an_idr_is_found(
    made: tuple[Path, list[Piece]],
) -> None:
    init, pieces = made
    data = bytearray(pieces[1].path.read_bytes())
    at = data.index(b"mdat") + 4
    assert data[at + 4] & 0x1F == 5
    data[at + 4] = data[at + 4] & 0xE0 | 1
    pieces[1].path.write_bytes(data)
    with pytest.raises(Faulty, match=r"picture 10 .* no IDR"):
        check_video(init, pieces, 0, TICKS)


def test_a_broken_init_is_found(made: tuple[Path, list[Piece]]) -> None:
    init, pieces = made
    init.write_bytes(init.read_bytes()[:200])
    with pytest.raises(ValueError, match="init"):
        check_video(init, pieces, 0, TICKS)


def test_a_picture_that_does_not_open_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    with pytest.raises(Faulty, match=r"a\.jpg cannot be opened"):
        check_jpeg(path, 16, 9)


def test_files_are_named_by_what_is_on_disk(tmp_path: Path) -> None:
    part = set_aside(tmp_path, "a", b"media")
    made = publish(part, tmp_path, "a", "m4s", "video/iso.segment")
    sha256 = hashlib.sha256(b"media").hexdigest()
    assert (made.name, made.size, made.sha256) == (f"a-{sha256[:12]}.m4s", 5, sha256)
    assert (tmp_path / made.name).read_bytes() == b"media"
    assert [path.name for path in tmp_path.iterdir()] == [made.name]
    assert finish(tmp_path, "a", "m4s", b"media", "video/iso.segment") == made


def test_init_and_fragment_are_told_apart(made: tuple[Path, list[Piece]]) -> None:
    init, pieces = made
    assert isinstance(read_init(init.read_bytes()), Init)
    assert isinstance(read_fragment(pieces[0].path.read_bytes()), Fragment)
    with pytest.raises(ValueError, match="init"):
        read_init(pieces[0].path.read_bytes())
    with pytest.raises(ValueError, match="fragment"):
        read_fragment(init.read_bytes())

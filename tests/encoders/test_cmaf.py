"""A byte stream is cut where its fragments are, however it arrives."""

import io
from pathlib import Path

import av
import pytest

from encoders.cmaf import Fragment, Init, Splitter
from tests.media import lecture, tone

FLAGS = "frag_keyframe+empty_moov+default_base_moof"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("cmaf") / "a.mp4"
    lecture(path, seconds=3, size=(192, 108), gop=25)
    return remuxed(path, "video")


def remuxed(path: Path, kind: str, **options: str) -> bytes:
    out = io.BytesIO()
    with (
        av.open(str(path)) as source,
        av.open(out, "w", format="mp4", options={"movflags": FLAGS, **options}) as target,
    ):
        chosen = source.streams.get({kind: 0})[0]
        stream = target.add_stream_from_template(chosen)
        for packet in source.demux(chosen):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


def pieces(stream: bytes, step: int) -> list[Init | Fragment]:
    splitter, found = Splitter(), []
    for at in range(0, len(stream), step):
        splitter.write(stream[at : at + step])
        found += splitter.take()
    splitter.finish()
    return found


@pytest.mark.parametrize("step", [1, 7, 4096, 1 << 20])
def test_pieces_do_not_depend_on_how_bytes_arrive(video: bytes, step: int) -> None:
    found = pieces(video, step)
    assert found == pieces(video, 333)
    joined = b"".join(piece.data for piece in found)
    assert video.startswith(joined)
    assert video[len(joined) + 4 : len(joined) + 8] == b"mfra"


def test_fragments_tell_times_and_sizes(video: bytes) -> None:
    init, *fragments = pieces(video, 1000)
    assert isinstance(init, Init)
    assert init.codecs.startswith("avc1.")
    assert len(init.codecs) == len("avc1.64001E")
    packets = []
    with av.open(io.BytesIO(video)) as container:
        ticks = container.streams.video[0].time_base
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert init.timescale == 1 / ticks
    assert len(fragments) == 3
    for number, fragment in enumerate(fragments):
        assert isinstance(fragment, Fragment)
        assert fragment.samples == 25
        assert fragment.start == packets[25 * number].dts
        assert fragment.duration == init.timescale
        key = bytes(packets[25 * number])
        assert fragment.data[: fragment.key_bytes].endswith(key)


def test_sound_is_told_by_its_object_type(tmp_path: Path) -> None:
    lecture(tmp_path / "a.mp4", seconds=2, size=(64, 36), sound=tone())
    init, *fragments = pieces(remuxed(tmp_path / "a.mp4", "audio", frag_duration="500000"), 1000)
    assert isinstance(init, Init)
    assert (init.codecs, init.timescale) == ("mp4a.40.2", 48_000)
    assert all(isinstance(fragment, Fragment) for fragment in fragments)
    starts = [fragment.start for fragment in fragments if isinstance(fragment, Fragment)]
    assert starts == sorted(starts)


def test_a_stream_that_ends_midway_is_an_error(video: bytes) -> None:
    splitter = Splitter()
    splitter.write(video[: len(video) * 2 // 3])
    list(splitter.take())
    with pytest.raises(ValueError, match="ended inside a fragment"):
        splitter.finish()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x10", "plain 32-bit size"),
        (b"\0\0\0\x08moov", "no b'mdhd' box"),
        (b"\0\0\0\x08moof\0\0\0\x08mdat", "no b'tfhd' box"),
    ],
)
def test_what_is_not_a_fragmented_mp4_is_an_error(data: bytes, message: str) -> None:
    splitter = Splitter()
    splitter.write(data)
    with pytest.raises(ValueError, match=message):
        list(splitter.take())

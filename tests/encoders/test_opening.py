"""What is let in, and what is turned away with a reason."""

import struct
import zlib
from pathlib import Path

import av
import pytest

from encoders.opening import Unreadable, open_media, packets
from tests.media import lecture, tone
from tests.tools.programs import ffmpeg, run


def png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(64 * 65))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, body) for kind, body in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    )


MPD = b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>'

LOOKALIKES = {
    "nothing": (b"", "empty-file"),
    "zeros": (bytes(100_000), "not-media"),
    "DASH": (MPD, "playlist-as-media"),
    "DASH after spaces and a mark": (b"\xef\xbb\xbf \n" + MPD, "playlist-as-media"),
    "DASH in UTF-16": (b"\xff\xfe" + MPD.decode().encode("utf-16-le"), "playlist-as-media"),
    "HLS": (b"#EXTM3U\n#EXT-X-VERSION:3\n", "playlist-as-media"),
    "concat": (b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist-as-media"),
    "SDP": (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "playlist-as-media"),
    "PLS": (b"[playlist]\nFile1=a.mp3\n", "playlist-as-media"),
    "link": (b"http://example.org/lecture.mp4\n", "playlist-as-media"),
    "web page": (b"<!DOCTYPE html><html><title>404", "text-file"),
    "text in Chinese": ("第一课 温室番茄".encode("gbk"), "text-file"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git-lfs-pointer"),
    "SILK": (b"\x02#!SILK_V3" + bytes(range(100)), "silk-voice"),
    "zip": (b"PK\x03\x04" + bytes(range(100)), "archive"),
    "no moov": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08mdat", "unfinished"),
    "picture": (png(), "format-not-allowed"),
}


@pytest.mark.parametrize("name", LOOKALIKES)
def test_what_is_no_recording_is_named(name: str, tmp_path: Path) -> None:
    data, code = LOOKALIKES[name]
    path = tmp_path / "lecture.mp4"
    path.write_bytes(data)
    with pytest.raises(Unreadable) as caught:
        open_media(path)
    assert caught.value.code == code


def test_the_list_of_formats_holds_behind_the_first_look(tmp_path: Path) -> None:
    """FFmpeg looks for `<MPD` further on than we do, and in what is no text."""
    path = tmp_path / "lecture.mp4"
    path.write_bytes(b"\x01" + MPD)
    with pytest.raises(Unreadable):
        open_media(path)


def test_a_file_that_is_not_there_is_no_unreadable_recording(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_media(tmp_path / "lecture.mp4")


@pytest.mark.parametrize(
    "name", ["-i.mp4", "concat:a|b.mp4", "http:x.mp4", "a b 一.mp4", "%03d.mp4"]
)
def test_a_name_is_only_a_name(name: str, tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.mp4", seconds=0.2).rename(tmp_path / name)
    with open_media(path) as container:
        assert len(container.streams) == 1


def test_a_decoder_off_the_list_does_not_run(tmp_path: Path) -> None:
    """MagicYUV: CVE-2026-8461."""
    path = tmp_path / "lecture.avi"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.2"]
    run([ffmpeg(), "-v", "error", *source, "-c:v", "magicyuv", path]).ok()
    with open_media(path) as container, pytest.raises(av.error.ArgumentError):
        next(container.decode(video=0))


def test_a_picture_over_the_limit_is_not_decoded(tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.mkv", seconds=0.2)
    with open_media(path, pixels=320 * 180 - 1) as container, pytest.raises(av.FFmpegError):
        next(container.decode(video=0))
    with open_media(path) as container:
        assert next(container.decode(video=0)).width == 320


def test_titles_in_no_known_encoding_do_not_keep_a_recording_out(tmp_path: Path) -> None:
    path = tmp_path / "lecture.avi"
    lecture(path, seconds=0.2)
    named = tmp_path / "named.avi"
    run([ffmpeg(), "-v", "error", "-i", path, "-c", "copy", "-metadata", "title=AAAA", named]).ok()
    named.write_bytes(named.read_bytes().replace(b"AAAA", "番茄".encode("gbk")))
    with open_media(named) as container:
        assert len(container.streams) == 1


def test_pictures_without_times_get_none_made_up(tmp_path: Path) -> None:
    """AVI stores pictures out of order and without pts."""
    path = lecture(tmp_path / "lecture.avi", seconds=1, b_frames=2)
    with open_media(path) as container:
        read = list(packets(container, container.streams[0]))
    assert len(read) == 25
    assert all(packet.pts is None for packet in read[1:])
    assert [packet.dts for packet in read] == sorted(packet.dts or 0 for packet in read)


def test_packets_end_without_the_empty_ones(tmp_path: Path) -> None:
    path = lecture(tmp_path / "lecture.mp4", seconds=1, sound=tone())
    with open_media(path) as container:
        assert all(packet.size for packet in packets(container, *container.streams))
        assert list(packets(container)) == []

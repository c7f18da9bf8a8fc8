"""What others' tools make of a lesson: hls-parser, ffprobe, and the FFmpeg program."""

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.tools.programs import ffmpeg, ffprobe, node, node_modules, run


@dataclass(frozen=True, slots=True)
class Variant:
    uri: str
    images: bool
    """Whether it is an I-frame playlist."""
    bandwidth: int
    average: int | None
    codecs: str | None
    size: tuple[int, int] | None
    rate: float | None


@dataclass(frozen=True, slots=True)
class Playlist:
    uri: str
    """As the multivariant playlist writes it."""
    target: int
    ended: bool
    type: str | None
    images: bool
    durations: tuple[float, ...]
    """Seconds of each segment."""
    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    variants: tuple[Variant, ...]
    playlists: tuple[Playlist, ...]


def strict_parse(master: Path) -> Parsed:
    """Every playlist of a lesson in a folder through hls-parser's strict mode.

    AssertionError that names the playlist and the rule it breaks.
    """
    script = Path(__file__).with_name("parse_hls.js")
    data = json.loads(run([node(), script, node_modules(), master]).ok().out)
    return Parsed(
        tuple(
            Variant(**{**item, "size": tuple(item["size"]) if item["size"] else None})
            for item in data["variants"]
        ),
        tuple(
            Playlist(**{**item, "durations": tuple(item["durations"]), "uris": tuple(item["uris"])})
            for item in data["playlists"]
        ),
    )


def video_playlists(master: Path) -> tuple[Path, ...]:
    """Playlists of the variants that have a picture, I-frame playlists left out, lowest first."""
    variants = [item for item in strict_parse(master).variants if item.size and not item.images]
    return tuple(master.parent / item.uri for item in sorted(variants, key=lambda v: v.bandwidth))


def probe_idr_times(playlist: Path) -> tuple[Fraction, ...]:
    """Presentation times of all key frames of a video playlist, seconds."""
    found = run(
        [
            *(ffprobe(), "-v", "error", "-skip_frame", "nokey", "-select_streams", "v"),
            *("-show_entries", "frame=pts_time", "-of", "csv=p=0", playlist),
        ]
    ).ok()
    # A frame with side data ends its line with a comma.
    return tuple(Fraction(line.strip(",")) for line in found.out.split() if line.strip(","))


def span(playlist: Path) -> tuple[Fraction, Fraction]:
    """Presentation time of the first packet and end of the last one of a playlist, seconds."""
    found = run(
        [
            *(ffprobe(), "-v", "error", "-show_entries", "packet=pts_time,duration_time"),
            *("-of", "csv=p=0", playlist),
        ]
    ).ok()
    packets = [line.split(",") for line in found.out.split()]
    starts = [Fraction(packet[0]) for packet in packets]
    stops = [Fraction(packet[0]) + Fraction(packet[1]) for packet in packets]
    return min(starts), max(stops)


@dataclass(frozen=True, slots=True)
class Stream:
    """What one decoded stream turned out to be."""

    kind: str
    """`video` or `audio`."""
    frames: int
    """Pictures, or blocks of samples."""
    start: Fraction
    stop: Fraction
    """Presentation time of the first frame, and the end of the last one, seconds."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the FFmpeg program decoded of a file or a master playlist."""

    status: int
    errors: str
    """All it wrote at level `error`; sound is silent."""
    streams: tuple[Stream, ...]
    """All video streams, then all audio streams, in the order of the playlist."""

    @property
    def frames(self) -> tuple[int, ...]:
        """Pictures of every video stream."""
        return tuple(stream.frames for stream in self.streams if stream.kind == "video")

    @property
    def drift(self) -> Fraction:
        """Seconds between the earliest and the latest end of all streams."""
        stops = [stream.stop for stream in self.streams]
        return max(stops) - min(stops)


def ffmpeg_decode(source: Path, timeout: float = 300) -> Decoded:
    """Decode every picture and sample of every variant; `-xerror` turns a fault into a status.

    All streams go through one run: FFmpeg cuts a variant it does not need off in mid-packet, and
    then reports a fault that is none. `timeout` is in seconds.
    """
    # https://ffmpeg.org/ffmpeg-formats.html#framecrc: a line a frame, under a heading a stream.
    ran = run(
        [
            *(ffmpeg(), "-nostdin", "-v", "error", "-xerror", "-i", source),
            *("-map", "0:v?", "-map", "0:a?", "-fps_mode", "passthrough"),
            *("-f", "framecrc", "-"),
        ],
        timeout,
    )
    bases = dict(re.findall(r"^#tb (\d+): (\S+)", ran.out, re.M))
    kinds = dict(re.findall(r"^#media_type (\d+): (\S+)", ran.out, re.M))
    lines = re.findall(r"^(\d+),\s*-?\d+,\s*(-?\d+),\s*(\d+),", ran.out, re.M)
    streams = []
    for index, kind in kinds.items():
        frames = [(int(pts), int(length)) for stream, pts, length in lines if stream == index]
        base = Fraction(bases[index])
        start = min((pts for pts, _ in frames), default=0)
        stop = max((pts + length for pts, length in frames), default=0)
        streams.append(Stream(kind, len(frames), start * base, stop * base))
    return Decoded(ran.status, ran.err, tuple(streams))


def count_frames(source: Path) -> int:
    """Pictures the FFmpeg program decodes from the first video stream of a file or playlist."""
    decoded = ffmpeg_decode(source)
    assert decoded.status == 0, decoded.errors
    return decoded.frames[0]

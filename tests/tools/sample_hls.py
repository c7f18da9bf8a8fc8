"""A small multivariant HLS presentation made by the FFmpeg program: it proves the test rigs."""

from fractions import Fraction
from pathlib import Path

from tests.tools.programs import ffmpeg, run

RATE = 25
SIZES = ((160, 90, 60), (320, 180, 150))
"""Width, height, kb/s."""


def make_hls(folder: Path, seconds: int = 12, segment: int = 2) -> Path:
    """CMAF video in two sizes, one audio group, one subtitle track; returns the master playlist.

    The picture is a moving test card, the sound a 440 Hz tone. Names are those of a store's lesson:
    the master playlist lies above `media/`.
    """
    media = folder / "media"
    media.mkdir(parents=True)
    for width, height, rate in SIZES:
        _encode(
            media,
            f"{height}p",
            _video_source(width, height, seconds),
            _h264(rate, segment),
            segment,
        )
    tone = ("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}")
    _encode(media, "audio", tone, ("-c:a", "aac", "-b:a", "64k", "-ac", "2"), segment)
    _subtitles(media, seconds)
    master = folder / "master.m3u8"
    master.write_text(_master(), encoding="utf-8")
    return master


def frames(seconds: int = 12) -> int:
    """Pictures in every rendition."""
    return seconds * RATE


def _video_source(width: int, height: int, seconds: int) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate={RATE}:duration={seconds}")


def _h264(rate: int, segment: int) -> tuple[str, ...]:
    keys = segment * RATE
    bits = f"{rate}k"
    return (
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p"),
        *("-b:v", bits, "-maxrate", bits, "-bufsize", bits),
        *(
            "-g",
            str(keys),
            "-keyint_min",
            str(keys),
            "-sc_threshold",
            "0",
            "-bf",
            "0",
            "-threads",
            "1",
        ),
    )


def _encode(
    media: Path, name: str, source: tuple[str, ...], codec: tuple[str, ...], segment: int
) -> None:
    run(
        [
            *(ffmpeg(), "-v", "error", *source, *codec),
            *("-f", "hls", "-hls_time", str(segment), "-hls_playlist_type", "vod"),
            *("-hls_segment_type", "fmp4", "-hls_flags", "independent_segments"),
            *("-hls_fmp4_init_filename", f"{name}-init.mp4"),
            *("-hls_segment_filename", str(media / f"{name}-%03d.m4s")),
            str(media / f"{name}.m3u8"),
        ]
    ).ok()


def _subtitles(media: Path, seconds: int) -> None:
    media.joinpath("text-000.vtt").write_text(
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
        "00:00:01.000 --> 00:00:03.000\n第一课\n\n00:00:04.000 --> 00:00:06.000\nLesson one\n",
        encoding="utf-8",
    )
    media.joinpath("text.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:7\n"
        f"#EXT-X-TARGETDURATION:{seconds}\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:{float(Fraction(seconds)):.6f},\ntext-000.vtt\n#EXT-X-ENDLIST\n"
    )


def _master() -> str:
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="普通话",LANGUAGE="zh",DEFAULT=YES,'
        'AUTOSELECT=YES,CHANNELS="2",URI="media/audio.m3u8"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="中文",LANGUAGE="zh",DEFAULT=NO,'
        'AUTOSELECT=YES,URI="media/text.m3u8"',
    ]
    for width, height, rate in SIZES:
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={(rate * 2 + 80) * 1000},"
            f"AVERAGE-BANDWIDTH={(rate + 70) * 1000},"
            f'CODECS="avc1.64000D,mp4a.40.2",RESOLUTION={width}x{height},FRAME-RATE={RATE}.000,'
            'AUDIO="audio",SUBTITLES="text"',
            f"media/{height}p.m3u8",
        ]
    lines += [
        '#EXT-X-STREAM-INF:BANDWIDTH=80000,AVERAGE-BANDWIDTH=70000,CODECS="mp4a.40.2",AUDIO="audio"',
        "media/audio.m3u8",
    ]
    return "\n".join(lines) + "\n"

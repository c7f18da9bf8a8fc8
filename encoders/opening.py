"""The one door for untrusted media: everything that reads a recording with PyAV opens it here.

FFmpeg takes whatever it recognises, and some of what it recognises names other files and hosts
(DASH, HLS and concat lists do). So only local files are opened, only as the formats below, and
only the decoders below are run: https://ffmpeg.org/ffmpeg-formats.html#Format-Options
"""

from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from encoders.sniff import refuse_lookalikes

FORMATS = (
    "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "mpegts", "mpeg", "mp3", "aac",
    "wav", "flac", "ogg", "avi", "asf", "amr", "flv", "dv", "rm",
)  # fmt: skip
"""Demuxers, by FFmpeg's names."""

VIDEO_DECODERS = (
    "h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "libvpx", "libvpx-vp9",
    "mpeg1video", "mpeg2video", "mpegvideo", "mpeg4", "dvvideo", "theora",
    # Old stock: Windows Media and its forerunners, Real, Flash, QuickTime, phones.
    "msmpeg4v1", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3", "vc1",
    "rv10", "rv20", "rv30", "rv40", "flv", "vp3", "vp5", "vp6", "vp6a", "vp6f", "vp7",
    "svq1", "svq3", "rpza", "smc", "qtrle", "h261", "h263", "h263i", "h263p",
    "cinepak", "indeo2", "indeo3", "indeo4", "indeo5", "msrle", "msvideo1",
    # Screen recorders of old courseware.
    "mss1", "mss2", "camtasia", "tscc2", "flashsv", "flashsv2", "zmbv", "g2m", "fraps",
    # Editing formats.
    "mjpeg", "mjpegb", "prores", "dnxhd", "cfhd", "huffyuv", "ffvhuff", "ffv1", "utvideo",
    "png", "rawvideo", "v210",
)  # fmt: skip

AUDIO_DECODERS = (
    "aac", "aac_latm", "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "ac3", "eac3",
    "dca", "truehd", "mlp", "flac", "alac", "opus", "libopus", "vorbis", "speex",
    "wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "metasound", "truespeech",
    "cook", "sipr", "atrac3", "real_144", "real_288", "ralf", "nellymoser", "qdm2", "qdmc",
    "mace3", "mace6", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "qcelp", "evrc",
    "gsm", "gsm_ms", "ilbc", "g722", "g723_1", "g726", "g726le", "g729", "imc", "on2avc",
    "ape", "tta", "wavpack", "s302m", "dvaudio",
    "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "adpcm_swf", "adpcm_yamaha", "adpcm_ct",
    "adpcm_adx",
    "pcm_alaw", "pcm_mulaw", "pcm_bluray", "pcm_dvd", "pcm_f32be", "pcm_f32le", "pcm_f64be",
    "pcm_f64le", "pcm_s16be", "pcm_s16be_planar", "pcm_s16le", "pcm_s16le_planar", "pcm_s24be",
    "pcm_s24le", "pcm_s24le_planar", "pcm_s32be", "pcm_s32le", "pcm_s32le_planar", "pcm_s8",
    "pcm_s8_planar", "pcm_u8", "pcm_u16be", "pcm_u16le", "pcm_u24be", "pcm_u24le", "pcm_u32be",
    "pcm_u32le",
)  # fmt: skip

SUBTITLE_DECODERS = ("subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text")
"""Text only: bitmaps cannot become WebVTT, so their decoders never run."""

PIXELS = 35_389_440
"""8K UHD: a decoder refuses to allocate more for one picture."""

_DECODERS = ",".join(VIDEO_DECODERS + AUDIO_DECODERS + SUBTITLE_DECODERS)

_GENERATE_PTS = 0x0001
"""AVFMT_FLAG_GENPTS, libavformat/avformat.h."""

_PROBE_BYTES = 10_000_000
_PROBE_MICROSECONDS = 10_000_000


class Unreadable(Exception):
    """A file that cannot be opened as a recording."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        """A code of `encoders/findings.py`."""
        self.detail = detail
        """Plain words for the finding's message, e.g. the kind of file it is."""


def open_media(path: str | Path, pixels: int = PIXELS) -> InputContainer:
    """Open a local recording, gated; the caller closes it.

    `pixels` is the most any picture may have. Raises Unreadable, and OSError where the file
    itself cannot be read.
    """
    path = Path(path).absolute()
    lookalike = refuse_lookalikes(path)
    if lookalike is not None:
        raise Unreadable(*lookalike)
    try:
        container = av.open(
            f"file:{path}",
            options={
                "protocol_whitelist": "file",
                "format_whitelist": ",".join(FORMATS),
                "codec_whitelist": _DECODERS,
                "max_pixels": str(pixels),
                "probesize": str(_PROBE_BYTES),
                "analyzeduration": str(_PROBE_MICROSECONDS),
            },
            # Old recordings are titled in GBK and the like.
            metadata_errors="replace",
        )
    except av.error.ArgumentError as error:
        # EINVAL: recognised, and not on the list of formats (avformat_open_input).
        raise Unreadable("format-not-allowed") from error
    except av.error.FFmpegError as error:
        raise Unreadable(*_why(path)) from error
    if container.format.name == "avi":
        # PyAV always asks FFmpeg to fill in missing pts. AVI stores pictures out of order and
        # without one: those filled in would be in the order stored.
        container.flags &= ~_GENERATE_PTS
    for stream in container.streams:
        _gate(stream, pixels)
    return container


def packets(container: InputContainer, *streams: Stream) -> "Iterator[Packet[Stream]]":
    """The packets of some streams in file order, without the empty ones PyAV ends with.

    Raises av.FFmpegError where reading fails before the end.
    """
    source = container.demux(*streams) if streams else iter(())
    while True:
        try:
            packet = next(source, None)
        except IndexError:
            # PyAV stumbles, at the end of a file, over streams that appeared midway (MPEG).
            return
        if packet is None:
            return
        if packet.size or packet.dts is not None or packet.pts is not None:
            yield packet


def decodable(stream: Stream) -> bool:
    """Whether the stream's decoder is on the list (it may still fail)."""
    return stream.codec_context is not None and stream.codec_context.name in (
        VIDEO_DECODERS + AUDIO_DECODERS + SUBTITLE_DECODERS
    )


def _gate(stream: Stream, pixels: int) -> None:
    """FFmpeg applies the lists to its own probing only: PyAV's decoders are told again."""
    if stream.codec_context is not None:
        stream.codec_context.options = {"codec_whitelist": _DECODERS, "max_pixels": str(pixels)}


def _why(path: Path) -> tuple[str, str]:
    """The code, and what is known, of a file that no demuxer took."""
    with path.open("rb") as file:
        head = file.read(65_536)
    if not head.strip(b"\0"):
        return "not-media", "nothing but zero bytes"
    if head[4:8] == b"ftyp":
        return "unfinished", ""
    return "not-media", ""

"""Delivery profiles as values, a class for each kind."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What all profiles have."""

    name: str
    kind: str
    title: str
    """What it is for."""
    title_zh: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One wished quality."""

    name: str
    size: int
    """The shorter side of the picture, pixels."""
    crf: float
    preset: str
    maxrate: int
    """Bits a second."""
    buffer: int
    """Bits."""


@dataclass(frozen=True, slots=True)
class Sound:
    """AAC-LC, mono or stereo as the source."""

    bitrate: int
    """Bits a second."""
    sample_rate: int
    loudness: float
    """LKFS."""
    true_peak: float
    """dBTP."""


@dataclass(frozen=True, slots=True)
class Track:
    """Sound of one codec, as one file."""

    codec: str
    """`mp2`, `ac3`, `aac`, `mp3` or `opus`."""
    bitrate: int
    """Bits a second."""
    channels: int
    sample_rate: int
    loudness: float
    """LKFS."""
    true_peak: float
    """dBTP."""


@dataclass(frozen=True, slots=True)
class SeekPictures:
    every: int
    """Seconds between two."""
    size: int
    """The shorter side, pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmented(Named):
    """What is encoded in segments, at the lesson's own rate and shape."""

    segment: Fraction
    """Seconds between IDR pictures: what a player fetches."""
    chunk: Fraction
    """Seconds one task encodes, about."""
    max_rate: Fraction
    """Pictures a second at most."""
    video: tuple[Rung, ...]
    """From the lowest to the highest."""
    audio: Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming(Segmented):
    """Kind `hls`: every rung the recording has the pixels for."""

    thumbnails: SeekPictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(Segmented):
    """Kind `download`: one file of the highest rung the recording has the pixels for."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One constant-rate transport stream."""

    name: str
    total: int
    """Bits a second of the whole stream."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Channel:
    """What receivers show of the service (ETSI EN 300 468)."""

    service_id: int
    transport_stream_id: int
    original_network_id: int
    name: str
    provider: str
    network_id: int
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast(Named):
    """Kind `broadcast`."""

    rate: Fraction
    """Pictures a second."""
    gop: int
    """Pictures: a receiver that tunes in waits as long at most."""
    b_frames: int
    preset: str
    buffer: Fraction
    """Seconds of the video's rate that the decoder's buffer (VBV) holds."""
    streams: tuple[Stream, ...]
    audio: Track
    service: Channel


@dataclass(frozen=True, slots=True)
class Television:
    """The raster and rate of MPEG-1 and 2 on discs."""

    width: int
    height: int
    rate: Fraction
    gop: int
    b_frames: int
    bitrate: int
    maxrate: int
    buffer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dvd(Named):
    """Kind `dvd`."""

    standard: str
    """`pal` or `ntsc`."""
    video: Television
    quantisers: tuple[int, ...]
    """From the ceiling of quality to its floor: every part is encoded with each."""
    audio: Track
    capacity: int
    """Bytes of a disc."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCd(Named):
    """Kinds `vcd` and `svcd`."""

    standard: str
    video: Television
    quantiser: int
    audio: Track
    minutes: int
    """Of a disc."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One kind of audio file."""

    name: str
    """`mp3`, `m4a` or `opus`."""
    codec: str
    bitrate: int
    channels: int
    sample_rate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFiles(Named):
    """Kind `audio`."""

    formats: tuple[AudioFormat, ...]
    loudness: float
    true_peak: float
    trim: bool
    """Whether dead air at both ends is cut off."""
    crossfade: Fraction
    """Seconds, with a station ident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDisc(Named):
    """Kind `datadisc`."""

    contents: tuple[str, ...]
    """Names of the profiles whose files are laid on it."""
    capacity: int


Profile = Streaming | Download | Broadcast | Dvd | VideoCd | AudioFiles | DataDisc

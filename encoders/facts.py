"""What an inspection knows of a recording: plain values, exact times.

Times are `Fraction` seconds on the **lesson clock**: zero is the first picture or sample that is
presented, after timestamps were mended. Packet times (`pts`, `dts`) are the container's own
integers in the stream's time base, unmended: they identify a packet, they do not measure time.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Severity(StrEnum):
    """`note` informs, `warning` asks a person to look, `refusal` ends the job."""

    NOTE = "note"
    WARNING = "warning"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should know of a recording."""

    code: str
    """Stable kebab-case name, e.g. `silent-audio`; every code is in `encoders/findings.py`."""
    severity: Severity
    message: str
    """English, one sentence: what, where."""
    message_zh: str
    remedy: str
    """English, one sentence: what to do."""
    remedy_zh: str
    start: Fraction | None = None
    """Lesson clock; None where the finding is of the whole recording."""
    stop: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """From a packet on, timestamps of one stream are moved: the mend of a jump."""

    packet: int
    """Ordinal of the first packet moved, counted in file order within the stream, from 0."""
    offset: int
    """Ticks of the stream's time base to add to pts and dts (replaces an earlier Shift's)."""


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A packet at which decoding may start."""

    packet: int
    """Ordinal within the stream, counted in file order (every packet counts), from 0."""
    pts: int
    dts: int | None
    time: Fraction
    """Presentation time on the lesson clock (mended)."""
    leading: int
    """Packets that follow it in the file and are presented before it (open GOP); they belong to
    the chunk before."""
    bytes: int
    """Packet bytes of the stream before this packet: a measure of how hard the span is."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    stream: int
    """Stream index in the container."""
    codec: str
    width: int
    height: int
    """Coded size, before sample aspect and rotation."""
    sample_aspect: Fraction
    rotation: int
    """Degrees clockwise a player must turn the picture: 0, 90, 180, 270."""
    mirrored: bool
    """Whether the picture must be flipped left-right (before it is turned)."""
    pixel_format: str
    color_space: str
    """`bt601`, `bt709`, `bt2020`; where untagged, by size (576 lines and below is bt601)."""
    full_range: bool
    transfer: str
    """As FFmpeg names it (`bt709`, `smpte2084`, `arib-std-b67`); `unknown` where untagged."""
    time_base: Fraction
    rate: Fraction
    """Nominal pictures a second (for VFR: the highest rate sustained)."""
    variable: bool
    """Variable frame rate."""
    field_order: str
    """`progressive`, `tff`, `bff`."""
    frames: int
    """Pictures in the stream that are meant to be shown (packets less those marked discard)."""
    packets: int
    start: Fraction
    stop: Fraction
    """First picture's time, and the end of the last picture, on the lesson clock."""
    key_frames: tuple[KeyFrame, ...]
    """At least one second apart; the first is the first decodable packet."""
    shifts: tuple[Shift, ...]
    seekable: bool
    """Whether a seek lands on the key frame asked for; else packets are read from the start."""
    bitrate: int
    """Bits a second, from packet sizes."""


@dataclass(frozen=True, slots=True)
class AudioTrack:
    stream: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    language: str | None
    """BCP 47 or ISO 639 as tagged; None where untagged or `und`."""
    title: str | None
    time_base: Fraction
    start: Fraction
    stop: Fraction
    shifts: tuple[Shift, ...]
    loudness: float | None
    """Integrated loudness, LKFS (BS.1770-4, gated); None where all is below the gate."""
    true_peak: float | None
    """dBTP over all channels; None for digital silence."""
    dead_channels: tuple[int, ...]
    """Channels at least 40 dB below the loudest, all along."""
    clipped: int
    """Samples in runs of three or more at full scale."""


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    stream: int
    codec: str
    language: str | None
    title: str | None
    time_base: Fraction
    text: bool
    """Text can become WebVTT; bitmaps (PGS, VobSub) cannot."""
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One sampled picture."""

    time: Fraction
    luma: float
    """Mean luma, 0 (black) to 1."""
    detail: float
    """Standard deviation of luma, 0 to 0.5: how much there is to see."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a chapter begins that the recording came with."""

    start: Fraction
    """Lesson clock, seconds."""
    title: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All an inspection found. `origin` ties the lesson clock to the container's."""

    container: str
    """FFmpeg's demuxer name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`."""
    size: int
    """Bytes."""
    origin: Fraction
    """Container time (seconds, after shifts) that is zero on the lesson clock."""
    duration: Fraction
    """From the first picture or sample to the end of the last, lesson clock."""
    video: VideoTrack | None
    """The track that will be encoded (the largest that decodes), or None."""
    audio: tuple[AudioTrack, ...]
    """Decodable audio tracks; the first is the default one."""
    subtitles: tuple[SubtitleTrack, ...]
    chapters: tuple[Mark, ...]
    """In order; empty where it came without."""
    pictures: tuple[Picture, ...]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        return any(finding.severity is Severity.REFUSAL for finding in self.findings)

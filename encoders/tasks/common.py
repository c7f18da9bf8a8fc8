"""What tasks of pictures, sound and text have in common."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Artifact:
    """One finished file."""

    name: str
    """`<name>-<12 hex of sha256>.<ext>`, unique within a lesson; the file's name in the folder."""
    size: int
    sha256: str
    type: str
    """Media (MIME) type."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One CMAF segment: one `moof` and one `mdat`."""

    file: Artifact
    start: int
    """`tfdt` baseMediaDecodeTime, ticks of the rendition's timescale."""
    duration: int
    """Ticks, from what was encoded."""
    samples: int
    """Pictures, or audio frames."""
    key_bytes: int
    """Bytes from the segment's start to the end of its first sample (0 for audio)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One rendition of one span."""

    rendition: str
    init: Artifact
    timescale: int
    codecs: str
    """RFC 6381, e.g. `avc1.64001E`, `mp4a.40.2`."""
    segments: tuple[Segment, ...]

"""A lesson read back from its texts: the input of every rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from manifests.m3u8 import MediaPlaylist, Multivariant
from manifests.model import Audio, Presentation, Segment, Subtitle, Video

MASTER = "master.m3u8"

Rendition = Video | Audio | Subtitle


class Role(StrEnum):
    """What the multivariant playlist uses a media playlist for."""

    VIDEO = "video"
    IFRAMES = "iframes"
    AUDIO = "audio"
    SUBTITLES = "subtitles"


@dataclass(frozen=True, slots=True)
class Track:
    """One media playlist, and the rendition its segments belong to."""

    path: str
    role: Role
    playlist: MediaPlaylist
    rendition: Rendition

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.rendition.segments


@dataclass(frozen=True, slots=True)
class Lesson:
    p: Presentation
    texts: Mapping[str, str]
    master: Multivariant
    tracks: Mapping[str, Track]
    """By path."""

    def of(self, *roles: Role) -> list[Track]:
        return [track for track in self.tracks.values() if track.role in roles]

    @property
    def frame(self) -> Fraction:
        """Seconds one picture (of an audio programme: one AAC frame) is shown."""
        if not self.p.video:
            return Fraction(1024, 48000)
        return 1 / min(video.frame_rate for video in self.p.video)


def renditions(p: Presentation) -> tuple[Rendition, ...]:
    return (*p.video, *p.audio, *p.subtitles)

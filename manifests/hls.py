"""Every text of one lesson as HLS."""

import re

from manifests.errors import ManifestError
from manifests.media import (
    audio_playlist,
    iframe_playlist,
    shared_target,
    subtitle_playlist,
    video_playlist,
)
from manifests.model import Audio, Object, Presentation, Subtitle, Text, Video
from manifests.multivariant import Playlists, multivariant_playlist
from manifests.vtt import thumbnails

_PATH = re.compile(r"media/[A-Za-z0-9][A-Za-z0-9._-]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def lesson_texts(p: Presentation) -> tuple[Text, ...]:
    """Playlists and the thumbnail track, in the order to publish them; last `master.m3u8`.

    Paths are relative to the lesson's folder. All but the last are named by their content.
    Raises ManifestError where there is nothing to play, or a name cannot be part of an address.
    """
    _check_names(p)
    target = shared_target(p)
    videos = {video.name: video_playlist(video, target) for video in p.video}
    iframes = {video.name: iframe_playlist(video, target) for video in p.video}
    audios = {audio.name: audio_playlist(audio, target) for audio in p.audio}
    subtitles = {subtitle.name: subtitle_playlist(subtitle) for subtitle in p.subtitles}
    media = {**videos, **audios, **subtitles}
    playlists = Playlists(
        media={name: text.path for name, text in media.items()},
        iframes={name: text.path for name, text in iframes.items()},
    )
    track = thumbnails(p.sheets, p.duration)
    return (
        *media.values(),
        *iframes.values(),
        *((track,) if track else ()),
        multivariant_playlist(p, playlists),
    )


def objects_of(p: Presentation) -> tuple[Object, ...]:
    """Every stored object of the lesson, in a stable order."""
    tracks: tuple[Video | Audio, ...] = (*p.video, *p.audio)
    segmented: tuple[Video | Audio | Subtitle, ...] = (*tracks, *p.subtitles)
    return (
        *(track.init for track in tracks),
        *(segment.object for track in segmented for segment in track.segments),
        *(sheet.object for sheet in p.sheets),
        *((p.poster,) if p.poster else ()),
    )


def _check_names(p: Presentation) -> None:
    renditions: tuple[Video | Audio | Subtitle, ...] = (*p.video, *p.audio, *p.subtitles)
    if not p.video and not p.audio:
        raise ManifestError("A lesson needs a picture or sound; this one has neither.")
    names = [rendition.name for rendition in renditions]
    for rendition in renditions:
        if not rendition.segments:
            raise ManifestError(f"The rendition {rendition.name!r} has no segments; encode it.")
        if names.count(rendition.name) > 1:
            raise ManifestError(f"Two renditions are called {rendition.name!r}; rename one.")
        if not _NAME.fullmatch(rendition.name):
            raise ManifestError(
                f"The rendition name {rendition.name!r} cannot be part of an address; "
                "use letters, digits, '.', '_' and '-'."
            )
    for stored in objects_of(p):
        if not _PATH.fullmatch(stored.path):
            raise ManifestError(
                f"The object {stored.path!r} is not a file of the lesson's media folder."
            )

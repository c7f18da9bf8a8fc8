"""Whether everything that is referred to exists, and everything that exists is referred to."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from manifests.errors import ManifestError
from manifests.m3u8 import Multivariant, read_media, read_multivariant
from manifests.model import Object, Presentation, Video
from manifests.rules.lesson import MASTER, Lesson, Rendition, Role, Track, renditions
from manifests.violations import Violation, error

_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FOLDER = "media/"


def read_lesson(p: Presentation, texts: Mapping[str, str]) -> tuple[Lesson | None, list[Violation]]:
    """The lesson as its texts tell it; None where the multivariant playlist does not read."""
    if MASTER not in texts:
        return None, [error("farm/resolves", MASTER, "The lesson has no multivariant playlist.")]
    try:
        master = read_multivariant(texts[MASTER])
    except ManifestError as fault:
        return None, [error("farm/reads", MASTER, str(fault))]
    found: list[Violation] = []
    owners = _owners(p)
    tracks: dict[str, Track] = {}
    for role, uri in _playlists_of(master):
        track = _track(role, uri, texts, owners, found)
        if track:
            tracks.setdefault(track.path, track)
    lesson = Lesson(p=p, texts=texts, master=master, tracks=tracks)
    return lesson, found


def _owners(p: Presentation) -> dict[str, Rendition]:
    return {
        segment.object.path: rendition
        for rendition in renditions(p)
        for segment in rendition.segments
    }


def _playlists_of(master: Multivariant) -> Iterator[tuple[Role, str]]:
    kinds = {"AUDIO": Role.AUDIO, "SUBTITLES": Role.SUBTITLES}
    for media in master.media:
        if media.get("TYPE") in kinds and "URI" in media:
            yield kinds[media["TYPE"]], media["URI"]
    for variant in master.variants:
        yield Role.VIDEO, variant.uri
    for variant in master.iframes:
        yield Role.IFRAMES, variant.uri


def _track(
    role: Role,
    uri: str,
    texts: Mapping[str, str],
    owners: Mapping[str, Rendition],
    found: list[Violation],
) -> Track | None:
    if not uri.startswith(_FOLDER) or not _FILE.fullmatch(uri.removeprefix(_FOLDER)):
        found.append(error("farm/uri", MASTER, f"The URI {uri!r} is not a file of {_FOLDER}."))
        return None
    if uri not in texts:
        found.append(error("farm/resolves", MASTER, f"There is no playlist {uri}."))
        return None
    try:
        playlist = read_media(texts[uri])
    except ManifestError as fault:
        found.append(error("farm/reads", uri, str(fault)))
        return None
    known = [owners[f"media/{e.uri}"] for e in playlist.entries if f"media/{e.uri}" in owners]
    if not known:
        found.append(error("farm/resolves", uri, "No segment of this playlist is known."))
        return None
    if role is Role.VIDEO and not isinstance(known[0], Video):
        role = Role.AUDIO
    return Track(path=uri, role=role, playlist=playlist, rendition=known[0])


def uris(lesson: Lesson) -> Iterator[Violation]:
    objects = {stored.path for stored in _objects(lesson.p)}
    for track in lesson.tracks.values():
        listed = [entry.uri for entry in track.playlist.entries]
        for uri in (*listed, *((track.playlist.map,) if track.playlist.map else ())):
            if not _FILE.fullmatch(uri):
                yield error("farm/uri", track.path, f"The URI {uri!r} is not a bare file name.")
            elif _FOLDER + uri not in objects:
                yield error("farm/resolves", track.path, f"There is no object {_FOLDER}{uri}.")


def duplicates(lesson: Lesson) -> Iterator[Violation]:
    for track in lesson.tracks.values():
        for uri in _repeated(entry.uri for entry in track.playlist.entries):
            yield error("farm/duplicate", track.path, f"The segment {uri} is listed twice.")
    for uri in _repeated(variant.uri for variant in lesson.master.variants):
        yield error("farm/duplicate", MASTER, f"The playlist {uri} is listed twice.")
    for path in _repeated(stored.path for stored in _objects(lesson.p)):
        yield error("farm/duplicate", path, "Two objects of the lesson have this name.")


def complete(lesson: Lesson) -> Iterator[Violation]:
    """Every segment of every rendition is listed, in order, with its own initialisation."""
    for rendition in renditions(lesson.p):
        tracks = [track for track in lesson.tracks.values() if track.rendition is rendition]
        if not [track for track in tracks if track.role is not Role.IFRAMES]:
            yield error("farm/complete", MASTER, f"The rendition {rendition.name} is not listed.")
        for track in tracks:
            yield from _listed(track, rendition)
    referred = {MASTER, *lesson.tracks}
    for path in lesson.texts:
        if path.endswith(".m3u8") and path not in referred:
            yield error("farm/complete", path, "No playlist that reads refers to this one.")


def _listed(track: Track, rendition: Rendition) -> Iterator[Violation]:
    expected = [segment.object.path for segment in rendition.segments]
    if [_FOLDER + entry.uri for entry in track.playlist.entries] != expected:
        yield error("farm/complete", track.path, f"Not the segments of {rendition.name} in order.")
    init = getattr(rendition, "init", None)
    if init and track.playlist.map and _FOLDER + track.playlist.map != init.path:
        yield error("farm/complete", track.path, f"EXT-X-MAP is not that of {rendition.name}.")


def names(lesson: Lesson) -> Iterator[Violation]:
    """A text may be kept for ever by caches: its name changes when its content does."""
    for path, text in lesson.texts.items():
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        if path != MASTER and f"-{digest}." not in path:
            yield error("farm/name", path, f"The name does not carry the content's hash {digest}.")


def objects(lesson: Lesson) -> Iterator[Violation]:
    for stored in _objects(lesson.p):
        if stored.size <= 0:
            yield error("farm/object", stored.path, "The object is empty.")
        if not re.fullmatch(r"[0-9a-f]{64}", stored.sha256):
            yield error("farm/object", stored.path, "The object has no SHA-256.")
        elif stored.sha256[:12] not in stored.path:
            yield error("farm/object", stored.path, "The name does not carry the object's hash.")


def _objects(p: Presentation) -> Iterator[Object]:
    for rendition in renditions(p):
        yield from (segment.object for segment in rendition.segments)
    yield from (video.init for video in p.video)
    yield from (audio.init for audio in p.audio)
    yield from (sheet.object for sheet in p.sheets)
    if p.poster:
        yield p.poster


def _repeated(values: Iterable[str]) -> Sequence[str]:
    seen: set[str] = set()
    again: dict[str, None] = {}
    for value in values:
        if value in seen:
            again[value] = None
        seen.add(value)
    return list(again)


RULES = (uris, duplicates, complete, names, objects)

"""Small lessons to publish, and a reader who follows every reference."""

import hashlib
from dataclasses import replace
from fractions import Fraction

from farm.errors import NotFound
from farm.lesson import Lesson, text_object
from farm.pointers import Current, folder_of, read_current, read_numbered, read_pointers
from farm.publish import MASTER, Published, office_entry, publish, take_fence
from farm.store import Store
from manifests.model import CatalogEntry, Object, Release, Size, Text

LESSON = "changsha-0123456789ab"
HLS = "application/vnd.apple.mpegurl"


def media_of(version: str) -> dict[str, bytes]:
    """Media objects by path: one that every version shares, and two of its own."""
    pieces = {
        "audio": b"the same in all",
        "0": version.encode() * 100,
        "1": version.encode() * 50,
    }
    return {
        f"media/{name}-{hashlib.sha256(data).hexdigest()[:12]}.m4s": data
        for name, data in pieces.items()
    }


def make_lesson(version: str) -> Lesson:
    """A lesson whose texts name all its media; `version` is its title too."""
    objects = tuple(
        Object(path, len(data), hashlib.sha256(data).hexdigest(), "video/iso.segment")
        for path, data in media_of(version).items()
    )
    listed = "".join(f"{one.path.removeprefix('media/')}\n" for one in objects)
    playlist = _named("video", f"#EXTM3U\n#{version}\n{listed}")
    master = Text(MASTER, HLS, f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{playlist.path}\n")
    texts = (playlist, master)
    entry = CatalogEntry(
        lesson=LESSON,
        release=0,
        title=version,
        base="changsha",
        category="agriculture",
        course=None,
        duration=Fraction(12),
        master=f"lessons/{LESSON}/master.m3u8",
        poster=None,
        thumbnails=None,
        sizes=(Size("video", 1, 320, 180),),
        languages=("zh",),
        published="2024-05-20",
    )
    draft = Release(0, entry, {}, (), (), (*objects, *map(text_object, texts)), {})
    return Lesson(objects=objects, texts=texts, draft=draft, warnings=())


def _named(name: str, text: str) -> Text:
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Text(f"media/{name}-{digest}.m3u8", HLS, text)


def upload(store: Store, version: str) -> Lesson:
    """Put a lesson's media into the store, as workers do."""
    for path, data in media_of(version).items():
        store.put(folder_of(LESSON) + path, data, type="video/iso.segment")
    return make_lesson(version)


def hold(store: Store, version: str) -> Published:
    """Upload it and hold it for the office."""
    made, fence = upload(store, version), take_fence(store, LESSON)
    return publish(store, LESSON, made, fence, held=True)


def retitled(lesson: Lesson, title: str) -> Lesson:
    """The same media and playlists under another title."""
    entry = replace(lesson.draft.entry, title=title)
    return replace(lesson, draft=replace(lesson.draft, entry=entry))


def read_whole(store: Store) -> str | None:
    """What a reader meets who follows every reference: the title of the current release.

    None where nothing is published, or it is withdrawn. AssertionError for anything that is not
    there, or is not what its name or its reference says.
    """
    _play(store, MASTER)
    current = read_current(store, LESSON)
    if current is None or current.pointer.void:
        return None
    return _read(store, current)


def read_held(store: Store) -> str | None:
    """As `read_whole`, what the office meets: the title of the release that waits."""
    waiting = read_pointers(store, LESSON).waiting
    return _read(store, waiting) if waiting else None


def _read(store: Store, found: Current) -> str:
    release, sha256 = read_numbered(store, LESSON, found.pointer.release)
    assert sha256 == found.pointer.sha256
    assert release.entry.release == release.number == found.pointer.release
    for one in release.objects:
        if one.path != MASTER:
            data = _got(store, one.path)
            assert (len(data), hashlib.sha256(data).hexdigest()) == (one.size, one.sha256)
    entry = office_entry(release, sha256)
    assert entry.master is not None
    _play(store, entry.master.removeprefix(folder_of(LESSON)))
    return release.entry.title


def _play(store: Store, name: str) -> None:
    """From a multivariant playlist to every segment: players do not know of releases."""
    try:
        master = store.get(folder_of(LESSON) + name).data.decode()
    except NotFound:
        return
    if not _uris(master):
        return
    (playlist,) = _uris(master)
    for uri in _uris(_got(store, playlist).decode()):
        digest = hashlib.sha256(_got(store, f"media/{uri}")).hexdigest()
        assert digest[:12] in uri


def _uris(playlist: str) -> list[str]:
    return [line for line in playlist.splitlines() if not line.startswith("#")]


def _got(store: Store, path: str) -> bytes:
    try:
        return store.get(folder_of(LESSON) + path).data
    except NotFound as error:
        raise AssertionError(f"a reader was sent to {path}, which is not there") from error

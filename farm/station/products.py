"""What of a lesson's release a station takes, and what it then says of the lesson itself. Pure."""

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from farm.errors import Distrusted
from farm.players import MASTER, own_master
from farm.signing import mixed
from farm.station.model import DISCS, Choice
from manifests.m3u8 import read_media, read_multivariant
from manifests.media import HLS_TYPE, content_hash
from manifests.model import CatalogEntry, Object, Product, ProductFile, Release, Text
from manifests.narrow import narrowed
from manifests.reading import canonical

Read = Callable[[Object], str]
"""The text of an object of the release, fetched and verified."""

BESIDE = frozenset(
    {"image/jpeg", "image/png", "image/webp", "text/vtt", "application/json", "application/xml"}
)
"""Types of what pages show besides products: pictures, captions, chapters, records. Small."""
_PLACE = re.compile(r"media/[A-Za-z0-9][A-Za-z0-9._-]*|master\.m3u8|master-[0-9a-f]{12}\.m3u8")


@dataclass(frozen=True, slots=True)
class Taken:
    """A lesson as the station will hold it."""

    objects: tuple[Object, ...]
    """To be fetched as they are; paths are relative to the lesson's folder."""
    texts: tuple[Text, ...]
    """To be written by the station itself."""
    release: Release
    """Of these alone; the office's own where nothing was left out."""
    entry: CatalogEntry
    """What the station's catalog says of it, without the hash of its release."""
    whole: bool
    """Whether the release is the office's own."""

    @property
    def size(self) -> int:
        """Bytes."""
        fetched = {one.path: one.size for one in self.objects}
        return sum(fetched.values()) + sum(len(one.text.encode()) for one in self.texts)


@dataclass(frozen=True, slots=True)
class _Stream:
    master: Text
    objects: tuple[Object, ...]


def refuse_places(release: Release) -> None:
    """Raises Distrusted where an object would lie where none may."""
    for one in release.objects:
        if not _PLACE.fullmatch(one.path) or len(one.path) > 200:
            raise mixed(f"lessons/{release.entry.lesson}/{one.path}")


def take(release: Release, listed: CatalogEntry, choice: Choice, read: Read) -> Taken | None:
    """None where it has no product that was chosen. `listed`: what the office's catalog says.

    Raises Distrusted where playlists lead to what the release does not name, ManifestError where
    they do not read.
    """
    products = tuple(one for one in release.products if _chosen(one, choice))
    master = own_master(release) if _streams(release, products, choice) else None
    stream = _stream(release, master, choice, read) if master else None
    if stream is None and not products:
        return None
    details = _details(release, listed, products, read)
    written = (stream.master if stream else None, details)
    texts = tuple(one for one in written if one is not None)
    objects = tuple(_objects(release, products, stream, details, listed))
    own = {one.path for one in release.objects}
    unchanged = all(one.path in own for one in texts)
    if unchanged and {one.path for one in objects} | {one.path for one in texts} == own - {MASTER}:
        return Taken(objects, texts, release, _entry(release, listed, choice, stream), whole=True)
    made = _release(release, products, stream, objects, texts)
    entry = _entry(made, listed, choice, stream, details)
    return Taken(objects, texts, replace(made, entry=replace(entry, sha256=None)), entry, False)


def _chosen(product: Product, choice: Choice) -> bool:
    """By the name of the profile or of its kind."""
    if not choice.profiles:
        return product.kind not in DISCS
    return product.profile in choice.profiles or product.kind in choice.profiles


def _streams(release: Release, products: tuple[Product, ...], choice: Choice) -> bool:
    if not release.products:  # of before products were listed
        return not choice.profiles or "hls" in choice.profiles
    return any(one.kind == "hls" for one in products)


# --- the stream ----------------------------------------------------------------------------------


def _stream(release: Release, master: Object, choice: Choice, read: Read) -> _Stream:
    known = {one.path: one for one in release.objects}
    text = read(master)
    if choice.max_height is not None:
        text = narrowed(text, choice.max_height)
    digest = hashlib.sha256(text.encode())
    path = f"master-{digest.hexdigest()[:12]}.m3u8"
    playlist = read_multivariant(text)
    uris = [
        *(one.uri for one in (*playlist.variants, *playlist.iframes)),
        *(one["URI"] for one in playlist.media if "URI" in one),
    ]
    objects: dict[str, Object] = {}
    for uri in uris:
        media = _named(release, known, uri)
        objects[media.path] = media
        inner = read_media(read(media))
        for part in (inner.map, *(one.uri for one in inner.entries)):
            if part is not None:
                found = _named(release, known, posixpath.join(posixpath.dirname(uri), part))
                objects[found.path] = found
    return _Stream(Text(path, HLS_TYPE, text), tuple(objects.values()))


def _named(release: Release, known: Mapping[str, Object], path: str) -> Object:
    """An object of the release: whatever else a playlist leads to is not signed."""
    if path not in known:
        raise _stray(release)
    return known[path]


def _stray(release: Release) -> Distrusted:
    return mixed(f"lessons/{release.entry.lesson}/{MASTER}")


# --- what goes with it ---------------------------------------------------------------------------


def _objects(
    release: Release,
    products: tuple[Product, ...],
    stream: _Stream | None,
    details: Text | None,
    listed: CatalogEntry,
) -> Iterator[Object]:
    """Each once."""
    sold = {file.object.path for one in release.products for file in one.files}
    replaced = {_within(listed, listed.details)} if details else set()
    named = [
        *(stream.objects if stream else ()),
        *(file.object for one in products for file in one.files if file.object.path != MASTER),
        *(one for one in release.objects if one.type in BESIDE and one.path not in sold),
    ]
    for one in {one.path: one for one in named}.values():
        if one.path not in replaced:
            yield one


def _within(entry: CatalogEntry, path: str | None) -> str | None:
    """Relative to the lesson's folder, where it lies there."""
    folder = f"lessons/{entry.lesson}/"
    return path.removeprefix(folder) if path and path.startswith(folder) else None


def _details(
    release: Release, listed: CatalogEntry, products: tuple[Product, ...], read: Read
) -> Text | None:
    """What the page shows, without what is left out; None where that is nothing."""
    path = _within(listed, listed.details)
    found = next((one for one in release.objects if one.path == path), None)
    if found is None or products == release.products:
        return None
    value: dict[str, Any] = json.loads(read(found))
    kept = {one.profile for one in products}
    value["products"] = [one for one in value.get("products", []) if one.get("profile") in kept]
    text = canonical(value).decode()
    return Text(f"media/details-{content_hash(text)}.json", "application/json", text)


def _release(
    release: Release,
    products: tuple[Product, ...],
    stream: _Stream | None,
    objects: tuple[Object, ...],
    texts: tuple[Text, ...],
) -> Release:
    """The office's, of what is taken alone: who follows it meets nothing that is not there."""
    written = tuple(map(_object, texts))
    master = replace(_object(stream.master), path=MASTER) if stream else None
    mine = {one.path for one in (*objects, *written)}
    return replace(
        release,
        objects=(*objects, *written, *((master,) if master else ())),
        products=tuple(_product(one, master) for one in products),
        captions=tuple(one for one in release.captions if one.object.path in mine),
        chapters=tuple(
            one if one.picture is None or one.picture.path in mine else replace(one, picture=None)
            for one in release.chapters
        ),
    )


def _product(product: Product, master: Object | None) -> Product:
    """Discs are made where the pieces are: a station has none of them."""
    files = tuple(
        ProductFile(file.role, master) if master and file.object.path == MASTER else file
        for file in product.files
    )
    return replace(product, files=files, parts=None)


def _object(text: Text) -> Object:
    data = text.text.encode()
    return Object(text.path, len(data), hashlib.sha256(data).hexdigest(), text.type)


def _entry(
    release: Release,
    listed: CatalogEntry,
    choice: Choice,
    stream: _Stream | None,
    details: Text | None = None,
) -> CatalogEntry:
    """`release`: of what is taken."""
    folder = f"lessons/{listed.lesson}/"
    mine = {folder + one.path for one in release.objects}
    limit = choice.max_height if choice.max_height is not None else 1 << 30
    smallest = min((one.height for one in listed.sizes if one.height), default=0)
    sizes = tuple(one for one in listed.sizes if one.height <= max(limit, smallest))
    enclosure = listed.enclosure if listed.enclosure and listed.enclosure.path in mine else None
    return replace(
        listed,
        master=folder + stream.master.path if stream else None,
        poster=listed.poster if listed.poster in mine else None,
        thumbnails=listed.thumbnails if listed.thumbnails in mine else None,
        details=folder + details.path if details else _there(listed.details, mine),
        sizes=sizes if stream else (),
        offers=tuple(one for one in listed.offers if one.path in mine),
        enclosure=enclosure,
        sha256=None,
    )


def _there(path: str | None, mine: set[str]) -> str | None:
    return path if path in mine else None

"""A small strict reader of HLS playlists: only what this farm writes, and nothing malformed.

It shares no code with the writer, so that the checks do not repeat the writer's mistakes; only
which characters a text may hold is defined once, or a name could be written that does not read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from manifests.errors import ManifestError
from manifests.plain import is_plain

_ATTRIBUTE = re.compile(
    r'(?P<name>[A-Z0-9-]+)=(?P<value>"[^"\r\n]*"|[^",\s]+)(?P<end>,|$)',
)
_EXTINF = re.compile(r"(\d+(?:\.\d+)?),(.*)")
_BYTERANGE = re.compile(r"(\d+)@(\d+)")
_FLAGS = {"#EXT-X-ENDLIST", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-I-FRAMES-ONLY"}
_INTEGERS = {"#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One media segment of a playlist."""

    uri: str
    duration: Fraction
    """Seconds, as printed."""
    length: int | None = None
    """Bytes of the byte range; None for the whole object."""
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    version: int
    target: int
    """Seconds."""
    type: str | None
    """`VOD`, `EVENT` or None."""
    ended: bool
    independent: bool
    iframes_only: bool
    map: str | None
    """URI of the initialisation segment."""
    entries: tuple[Entry, ...]

    @property
    def duration(self) -> Fraction:
        return sum((entry.duration for entry in self.entries), Fraction(0))


@dataclass(frozen=True, slots=True)
class Variant:
    """EXT-X-STREAM-INF or EXT-X-I-FRAME-STREAM-INF."""

    uri: str
    attributes: Mapping[str, str]
    """Unquoted."""


@dataclass(frozen=True, slots=True)
class Multivariant:
    version: int
    independent: bool
    media: tuple[Mapping[str, str], ...]
    """The attributes of each EXT-X-MEDIA, unquoted."""
    variants: tuple[Variant, ...]
    iframes: tuple[Variant, ...]


@dataclass(slots=True)
class _Reading:
    """What was seen so far."""

    values: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    duration: Fraction | None = None
    range: tuple[int, int] | None = None


def read_media(text: str) -> MediaPlaylist:
    """Raises ManifestError naming the line."""
    seen = _Reading()
    for n, line in _lines(text):
        if line.startswith("#"):
            _media_tag(seen, n, line)
        elif seen.duration is None:
            raise _fault(n, f"the segment {line!r} has no EXTINF before it")
        else:
            length, offset = seen.range or (None, None)
            seen.entries.append(Entry(line, seen.duration, length, offset))
            seen.duration = seen.range = None
    if seen.duration is not None:
        raise _fault(len(text.splitlines()), "the last EXTINF has no segment after it")
    if "#EXT-X-TARGETDURATION" not in seen.values:
        raise ManifestError("The playlist has no EXT-X-TARGETDURATION.")
    return MediaPlaylist(
        version=int(seen.values.get("#EXT-X-VERSION", "1")),
        target=int(seen.values["#EXT-X-TARGETDURATION"]),
        type=seen.values.get("#EXT-X-PLAYLIST-TYPE"),
        ended="#EXT-X-ENDLIST" in seen.values,
        independent="#EXT-X-INDEPENDENT-SEGMENTS" in seen.values,
        iframes_only="#EXT-X-I-FRAMES-ONLY" in seen.values,
        map=seen.values.get("#EXT-X-MAP"),
        entries=tuple(seen.entries),
    )


def _media_tag(seen: _Reading, n: int, line: str) -> None:
    tag, _, value = line.partition(":")
    if "#EXT-X-ENDLIST" in seen.values:
        raise _fault(n, "nothing may follow EXT-X-ENDLIST")
    if tag == "#EXTINF":
        found = _EXTINF.fullmatch(value)
        if not found or seen.duration is not None:
            raise _fault(n, f"{line!r} is not the EXTINF of one segment")
        seen.duration = Fraction(found[1])
    elif tag == "#EXT-X-BYTERANGE":
        found = _BYTERANGE.fullmatch(value)
        if not found or seen.duration is None:
            raise _fault(n, f"{line!r} is not a byte range LENGTH@OFFSET after an EXTINF")
        seen.range = int(found[1]), int(found[2])
    elif tag == "#EXT-X-MAP":
        _once(seen.values, n, tag, _required(_attributes(n, value), "URI", n))
    elif tag == "#EXT-X-PLAYLIST-TYPE":
        _once(seen.values, n, tag, value)
    else:
        _common_tag(seen.values, n, line)


def read_multivariant(text: str) -> Multivariant:
    """Raises ManifestError naming the line."""
    values: dict[str, str] = {}
    media: list[Mapping[str, str]] = []
    variants: list[Variant] = []
    iframes: list[Variant] = []
    pending: Mapping[str, str] | None = None
    for n, line in _lines(text):
        tag, _, value = line.partition(":")
        if pending is not None and line.startswith("#"):
            raise _fault(n, "a URI must follow EXT-X-STREAM-INF at once")
        if pending is not None:
            variants.append(Variant(line, pending))
            pending = None
        elif tag == "#EXT-X-STREAM-INF":
            pending = _attributes(n, value)
        elif tag == "#EXT-X-I-FRAME-STREAM-INF":
            attributes = _attributes(n, value)
            iframes.append(Variant(_required(attributes, "URI", n), attributes))
        elif tag == "#EXT-X-MEDIA":
            media.append(_attributes(n, value))
        elif not line.startswith("#"):
            raise _fault(n, f"the URI {line!r} has no EXT-X-STREAM-INF before it")
        else:
            _common_tag(values, n, line)
    if pending is not None:
        raise ManifestError("The last EXT-X-STREAM-INF has no URI after it.")
    return Multivariant(
        version=int(values.get("#EXT-X-VERSION", "1")),
        independent="#EXT-X-INDEPENDENT-SEGMENTS" in values,
        media=tuple(media),
        variants=tuple(variants),
        iframes=tuple(iframes),
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines after the first; RFC 8216 section 4.1: LF line ends, UTF-8, no BOM."""
    lines = text.split("\n")
    if lines[0] != "#EXTM3U":
        raise _fault(1, "the first line must be #EXTM3U")
    if lines[-1] != "":
        raise _fault(len(lines), "the last line has no line end")
    for n, line in enumerate(lines[1:-1], start=2):
        if not line or line != line.strip() or not is_plain(line):
            raise _fault(n, f"{line!r} is empty, padded or not plain text")
        yield n, line


def _common_tag(values: dict[str, str], n: int, line: str) -> None:
    tag, _, value = line.partition(":")
    if line in _FLAGS:
        _once(values, n, line, "")
    elif tag in _INTEGERS and value.isascii() and value.isdigit():
        _once(values, n, tag, value)
    else:
        raise _fault(n, f"{line!r} is not a tag this farm writes here")


def _attributes(n: int, text: str) -> Mapping[str, str]:
    """RFC 8216 section 4.2."""
    attributes: dict[str, str] = {}
    at = 0
    while at < len(text) or not attributes:
        found = _ATTRIBUTE.match(text, at)
        if not found:
            raise _fault(n, f"{text[at:]!r} is not a list of attributes")
        if found["name"] in attributes:
            raise _fault(n, f"the attribute {found['name']} is given twice")
        attributes[found["name"]] = found["value"].strip('"')
        at = found.end()
        if found["end"] == "," and at == len(text):
            raise _fault(n, "the list of attributes ends in a comma")
    return attributes


def _required(attributes: Mapping[str, str], name: str, n: int) -> str:
    if not attributes.get(name):
        raise _fault(n, f"the attribute {name} is missing")
    return attributes[name]


def _once(values: dict[str, str], n: int, tag: str, value: str) -> None:
    if tag in values:
        raise _fault(n, f"{tag} is given twice")
    values[tag] = value


def _fault(line: int, what: str) -> ManifestError:
    return ManifestError(f"Line {line}: {what}.")

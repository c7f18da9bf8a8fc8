"""A multivariant playlist without its largest pictures, for places that keep fewer."""

from collections.abc import Mapping

from manifests.m3u8 import read_multivariant

_VARIANT = "#EXT-X-STREAM-INF:"
_IFRAMES = "#EXT-X-I-FRAME-STREAM-INF:"


def narrowed(text: str, height: int) -> str:
    """Only the variants of at most `height` rows, and sound alone; the smallest picture stays
    where all are larger. The same text where nothing goes. Raises ManifestError where `text` is
    not what this farm writes.
    """
    playlist = read_multivariant(text)
    heights = [_rows(one.attributes) for one in (*playlist.variants, *playlist.iframes)]
    limit = max(height, min(filter(None, heights), default=0))
    gone = {
        one.uri for one in (*playlist.variants, *playlist.iframes) if _rows(one.attributes) > limit
    }
    kept: list[str] = []
    for line in text.split("\n"):
        if line in gone and kept[-1].startswith(_VARIANT):
            kept.pop()
        elif not (line.startswith(_IFRAMES) and any(f'URI="{uri}"' in line for uri in gone)):
            kept.append(line)
    return "\n".join(kept)


def _rows(attributes: Mapping[str, str]) -> int:
    """0 for sound alone."""
    _, _, rows = attributes.get("RESOLUTION", "").partition("x")
    return int(rows) if rows.isdecimal() else 0

"""What to change in one snapshot of the catalog to have a later one, to the byte."""

from collections.abc import Mapping
from typing import Any

from manifests.errors import ManifestError
from manifests.reading import Fields, canonical, parsed
from manifests.snapshot import Snapshot, cut, joined, read_text

FORMAT = "delta-1"
_OWN = {"number", "previous", "courses", "discs"}
"""Fields of a snapshot, besides its lessons, that a delta may change."""


def delta_path(base: int, target: int) -> str:
    """Relative to `catalog/`."""
    return f"deltas/{base}-{target}.json"


def delta_json(base: Snapshot, target: Snapshot) -> bytes:
    """`catalog/deltas/<base>-<target>.json`.

    Raises ManifestError where the two are of different formats: the whole has to be fetched then.
    """
    if _fixed(base) != _fixed(target) or base.number >= target.number:
        raise ManifestError("There is no delta between these two; fetch the whole catalog.")
    changed = sorted(one for one, text in target.lessons.items() if base.lessons.get(one) != text)
    value = {
        "$schema": f"../schema/{FORMAT}.json",
        "format": f"courseware-{FORMAT}",
        "from": base.number,
        "to": target.number,
        "previous": target.previous,
        "changed": [],
        "removed": sorted(base.lessons.keys() - target.lessons.keys()),
        "courses": _map_change(_feeds(base), _feeds(target)),
        "discs": _map_change(_discs(base), _discs(target)),
    }
    # The entries' own texts: canonical already.
    head, mark, tail = canonical(value).partition(b'"changed":[')
    texts = (target.lessons[one] for one in changed)
    return b"".join((head, mark, b",".join(texts), tail))


def apply_delta(base: bytes, delta: bytes) -> bytes:
    """The later snapshot, of the earlier one. What comes out has to be compared with the hash that
    was signed. Raises ManifestError where the two do not belong together or do not read."""
    return joined(patched(cut(base), delta))


def patched(snapshot: Snapshot, delta: bytes) -> Snapshot:
    """As `apply_delta`, of a snapshot that is cut already."""
    fields = parsed(delta, "delta")
    if fields.integer("from", 1) != snapshot.number:
        raise ManifestError(
            f"This delta starts from release {fields.integer('from', 1)} of the catalog, not from "
            f"{snapshot.number}; fetch the whole catalog."
        )
    lessons = {**snapshot.lessons, **dict(fields.each("changed", _entry))}
    for lesson in fields.texts("removed"):
        lessons.pop(lesson, None)
    top = {
        **snapshot.top,
        "number": fields.integer("to", 1),
        "previous": fields.maybe_integer("previous", 1),
        "courses": _changed(_feeds(snapshot), Fields("The delta, courses", fields.value["courses"]))
        if "courses" in fields.value
        else _feeds(snapshot),
    }
    discs = _discs(snapshot)
    if "discs" in fields.value:
        discs = _changed(discs, Fields("The delta, discs", fields.value["discs"]))
    top.pop("discs", None)
    if discs:
        top["discs"] = [discs[id] for id in sorted(discs)]
    return Snapshot(top, lessons)


def _entry(fields: Fields) -> tuple[str, bytes]:
    text = canonical(fields.value).rstrip(b"\n")
    return read_text(text).lesson, text


def _fixed(snapshot: Snapshot) -> Mapping[str, Any]:
    return {name: value for name, value in snapshot.top.items() if name not in _OWN}


def _feeds(snapshot: Snapshot) -> Mapping[str, Any]:
    return dict(snapshot.top.get("courses", {}))


def _discs(snapshot: Snapshot) -> Mapping[str, Any]:
    """The courses with discs, by id."""
    return {str(one["id"]): one for one in snapshot.top.get("discs", [])}


def _map_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "changed": {name: value for name, value in after.items() if before.get(name) != value},
        "removed": sorted(before.keys() - after.keys()),
    }


def _changed(before: Mapping[str, Any], change: Fields) -> Mapping[str, Any]:
    removed = set(change.texts("removed"))
    kept = {name: value for name, value in before.items() if name not in removed}
    return {**kept, **change.mapping("changed")}

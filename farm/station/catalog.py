"""The office's catalog, brought to the station: by a delta where there is one, whole otherwise."""

import hashlib
import os
from pathlib import Path

from farm.errors import Distrusted, Doubt, NotFound
from farm.signing import mixed
from farm.station.fetch import Fetcher, disk_fault
from farm.station.part import Wanted
from farm.station.trust import Believed
from manifests.catalog import read_catalog
from manifests.delta import patched
from manifests.errors import ManifestError
from manifests.snapshot import Snapshot, cut, entry_text, joined

LARGEST = 1 << 30
"""Bytes of a catalog nobody signs."""


def bring_catalog(fetcher: Fetcher, own: Path, believed: Believed) -> Snapshot:
    """The snapshot that was signed; kept in `own` for the next time.

    Raises Distrusted where what the library has is not what was signed.
    """
    kept = own / "snapshot.json"
    before = _read(kept)
    if before is not None and hashlib.sha256(before).hexdigest() == believed.sha256:
        return _cut(before, believed)
    data = _by_delta(fetcher, before, believed) if before is not None else None
    if data is None:
        wanted = Wanted(believed.size, believed.sha256, LARGEST)
        data = fetcher.data(f"catalog/{believed.path}", wanted)
    snapshot = _cut(data, believed)
    _keep(kept, data)
    return snapshot


def _by_delta(fetcher: Fetcher, before: bytes, believed: Believed) -> bytes | None:
    """None where there is no way from there, or what is there was spoilt."""
    try:
        base = cut(before)
    except ManifestError:
        return None
    link = next((one for one in believed.deltas if one.base == base.number), None)
    if link is None:
        return None
    try:
        delta = fetcher.data(f"catalog/{link.path}", Wanted(link.size, link.sha256))
        data = joined(patched(base, delta))
    except (NotFound, ManifestError):
        return None
    return data if hashlib.sha256(data).hexdigest() == believed.sha256 else None


def _cut(data: bytes, believed: Believed) -> Snapshot:
    """Raises Distrusted where it does not read, or is another release than was said."""
    try:
        try:
            snapshot = cut(data)
        except ManifestError:
            snapshot = _of_before(data)
    except ManifestError as error:
        raise Distrusted(
            Doubt.UNREADABLE,
            "目录无法读取，没有使用；请升级本站程序，或联系省办公室。",
            f"The catalog does not read ({error}) and was not used; upgrade this station's "
            "program, or tell the office.",
        ) from error
    if snapshot.number != believed.number:
        raise mixed(f"catalog/{believed.path}")
    return snapshot


def _of_before(data: bytes) -> Snapshot:
    """Of the first format, whose paths were written otherwise."""
    catalog = read_catalog(data)
    lessons = {one.lesson: entry_text(one) for one in catalog.lessons}
    return Snapshot({"number": catalog.number, "previous": catalog.previous}, lessons)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise disk_fault(error) from error


def _keep(path: Path, data: bytes) -> None:
    aside = path.with_suffix(".part")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise disk_fault(error) from error

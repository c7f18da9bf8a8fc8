"""The files of a DVD-Video: those that belong together are there, and of the sizes they must be."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

_VOB = re.compile(r"VIDEO_TS/(VTS_\d\d_\d|VIDEO_TS)\.VOB", re.IGNORECASE)
_IFO = re.compile(r"VIDEO_TS/(VTS_\d\d_0|VIDEO_TS)\.IFO", re.IGNORECASE)
_LARGEST = 1 << 30
"""Bytes of a VOB."""
_LARGEST_IFO = 16 << 20
_SECTOR = 2048
_IDS = {"VIDEO_TS": b"DVDVIDEO-VMG"}
_TITLE_SET = b"DVDVIDEO-VTS"


def is_dvd(names: Collection[str]) -> bool:
    return any(name.upper() == "VIDEO_TS/VIDEO_TS.IFO" for name in names)


def dvd_faults(
    names: Collection[str], read: Callable[[str], bytes], sizes: Mapping[str, int]
) -> Iterator[tuple[str, str, str]]:
    """Path, what is wrong, and that in Chinese. `read` gives the bytes of a small file."""
    for name in sorted(names):
        if (found := _IFO.fullmatch(name)) and sizes[name] > _LARGEST_IFO:
            yield name, "larger than control data can be", "控制数据过大"
        elif found:
            yield from _control_faults(name, found[1].upper(), names, read, sizes)
        elif _VOB.fullmatch(name):
            if sizes[name] > _LARGEST:
                yield name, "larger than a VOB may be (1 GiB)", "超过 1 GiB"
            if sizes[name] % _SECTOR:
                yield name, "not of whole sectors", "不是整扇区"


def _control_faults(
    name: str,
    stem: str,
    names: Collection[str],
    read: Callable[[str], bytes],
    sizes: Mapping[str, int],
) -> Iterator[tuple[str, str, str]]:
    data = read(name)
    if not data.startswith(_IDS.get(stem, _TITLE_SET)):
        yield name, "not the control data of a DVD", "不是 DVD 控制数据"
    backup = name[:-3] + ("BUP" if name.endswith("IFO") else "bup")
    if backup not in names:
        yield backup, "missing", "缺失"
    elif sizes[backup] != len(data) or read(backup) != data:
        yield backup, "not the same as its IFO", "与 IFO 不同"
    first = re.sub(r"_0\.IFO$", "_1.VOB", name, flags=re.IGNORECASE)
    if first != name and first.upper() not in {one.upper() for one in names}:
        yield first, "missing", "缺失"

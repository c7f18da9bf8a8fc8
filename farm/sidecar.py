"""A sidecar: what is said of a recording in a file beside it.

Read in this order, each field from the first that says it: `<stem>.toml`, `<stem>.json`, then
`lecture.toml`, `lecture.json`, which are for every recording of their folder.
"""

import json
import re
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.categories import NO_BASES, Bases
from farm.errors import Refused
from farm.fields import HEADERS, Said, Unclear, field_of, listed, understood
from farm.plan.languages import UNKNOWN, language_tag

LARGEST = 256 << 10
"""Bytes of a sidecar."""
SHARED = "lecture"
CAPTIONS = (".srt", ".vtt", ".ass", ".ssa")
PROFILE = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
OTHERS = ("profiles", "captions", "intro", "outro")
"""What a sidecar may say besides the fields of metadata."""
_SCRIPTS = {
    **dict.fromkeys(("chs", "sc", "gb", "gbk", "简体", "简中"), "zh-Hans"),
    **dict.fromkeys(("cht", "tc", "big5", "繁体", "繁中"), "zh-Hant"),
    **dict.fromkeys(("中文", "chn"), "zh"),
    "英文": "en",
}
"""What caption files of old stock are called."""


@dataclass(frozen=True, slots=True)
class CaptionSource:
    """A file of captions handed in with a recording."""

    path: Path
    language: str
    """BCP 47; `und` where unknown."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    said: Said
    """See `farm.fields`."""
    profiles: tuple[str, ...] | None = None
    captions: tuple[CaptionSource, ...] | None = None
    intro: Path | None = None
    outro: Path | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file people wrote, and the way out."""

    place: str
    """The file, and a line where there are lines."""
    field: str
    english: str
    chinese: str
    line: int | None = None
    """In a table, from 1."""

    def __str__(self) -> str:
        where = f"{self.place}, {self.field}" if self.field else self.place
        return f"{where}: {self.english} {self.chinese}"


class BadSidecar(Refused):
    """A sidecar needs mending; the message names every fault with file and field."""


def sidecar_of(recording: Path, bases: Bases = NO_BASES) -> Sidecar | None:
    """What sidecars say; None where there is none. Raises BadSidecar with every fault of all."""
    faults: list[Fault] = []
    merged: dict[str, Any] = {}
    found = [path for path in _candidates(recording) if path.is_file()]
    for path in reversed(found):
        said = _Reader(path, bases, faults).read()
        if "base" in said:
            merged.pop("base_name", None)
        merged |= said
    if faults:
        raise BadSidecar("\n".join(map(str, faults)))
    if not found:
        return None
    others = {name: merged.pop(name) for name in OTHERS if name in merged}
    return Sidecar(said=merged, **others)


def captions_beside(recording: Path) -> tuple[CaptionSource, ...]:
    """Files of captions called as the recording is, with or without a language: `a.srt`,
    `a.zh.vtt`, `a.chs.ass`; sorted by name."""
    try:
        names = sorted(path.name for path in recording.parent.iterdir())
    except OSError:
        return ()
    found = ((name, _caption_language(recording.stem, name)) for name in names)
    return tuple(
        CaptionSource(recording.parent / name, language)
        for name, language in found
        if language is not None and _is_within(recording.parent / name)
    )


def _is_within(path: Path) -> bool:
    """A file, and no link that leads out of its folder."""
    return path.is_file() and path.resolve().parent == path.parent.resolve()


def _caption_language(stem: str, name: str) -> str | None:
    """None where it is no file of captions of the recording called `stem`."""
    path = Path(name)
    if path.suffix.lower() not in CAPTIONS:
        return None
    if path.stem == stem:
        return UNKNOWN
    if not path.stem.startswith(f"{stem}."):
        return None
    language = caption_language(path.stem.removeprefix(f"{stem}."))
    return None if language == UNKNOWN else language


def caption_language(word: str) -> str:
    """BCP 47, of a tag or of what old stock calls it; `und` where it means none."""
    return _SCRIPTS.get(word.strip().lower()) or language_tag(word.replace("_", "-"))


def _candidates(recording: Path) -> Iterator[Path]:
    for stem in dict.fromkeys((recording.stem, SHARED)):
        for extension in (".toml", ".json"):
            yield recording.parent / f"{stem}{extension}"


class _Reader:
    """One file; its faults are gathered, the fields that are sound come out."""

    def __init__(self, path: Path, bases: Bases, faults: list[Fault]) -> None:
        self.path = path
        self.bases = bases
        self.faults = faults

    def fault(self, field: str, english: str, chinese: str) -> None:
        self.faults.append(Fault(self.path.name, field, english, chinese))

    def read(self) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for key, value in self._table().items():
            name = str(key)
            field = name if name in OTHERS else field_of(name)
            if field is None:
                known = ", ".join((*HEADERS, *OTHERS))
                self.fault(f"{name!r:.60}", f"not known; use one of {known}.", "没有这个字段。")
                continue
            try:
                said |= self._understood(field, value)
            except Unclear as unclear:
                self.fault(field, unclear.english, unclear.chinese)
        return said

    def _understood(self, field: str, value: object) -> Mapping[str, Any]:
        others: Mapping[str, Callable[[object], Any]] = {
            "profiles": profiles,
            "captions": self._captions,
            "intro": self._file,
            "outro": self._file,
        }
        if field in others:
            return {field: others[field](value)}
        return understood(field, value, self.bases)

    def _table(self) -> Mapping[str, Any]:
        try:
            found = self.path.stat()
            if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
                raise ValueError(f"it is larger than {LARGEST >> 10} KiB")
            with self.path.open("rb") as file:
                text = file.read(LARGEST + 1).decode("utf-8-sig")
            table = tomllib.loads(text) if self.path.suffix == ".toml" else json.loads(text)
            if not isinstance(table, dict):
                raise ValueError("it is not a table of fields")
        except (OSError, ValueError, RecursionError) as error:
            kind = self.path.suffix.removeprefix(".").upper()
            self.fault("", f"this is no sound {kind} in UTF-8: {error}.", "文件无法读取。")
            return {}
        return table

    def _captions(self, value: object) -> tuple[CaptionSource, ...]:
        if not isinstance(value, list) or len(value) > 50:
            raise Unclear(
                'it should be a list such as ["a.srt", {file = "b.srt", language = "en"}].',
                "应为字幕文件列表。",
            )
        return tuple(self._caption(one) for one in value)

    def _caption(self, value: object) -> CaptionSource:
        table = value if isinstance(value, dict) else {"file": value}
        if table.keys() - {"file", "language"}:
            raise Unclear("captions have 'file' and 'language'.", "字幕只有 file 和 language。")
        path = self._file(table.get("file"))
        if path.suffix.lower() not in CAPTIONS:
            raise Unclear(
                f"{path.name!r:.80} is no file of captions ({', '.join(CAPTIONS)}).",
                "不是字幕文件。",
            )
        asked = table.get("language", path.stem.rpartition(".")[2])
        language = caption_language(asked) if isinstance(asked, str) else UNKNOWN
        if "language" in table and language == UNKNOWN:
            raise Unclear(f"{asked!r:.60} is not a language; write zh or en.", "请写语言代码。")
        return CaptionSource(path, language)

    def _file(self, value: object) -> Path:
        """Of the sidecar's own folder or below it: what comes with a recording reads nothing
        else of this machine."""
        if not isinstance(value, str) or not value or "\0" in value:
            raise Unclear("it should be the name of a file.", "应为文件名。")
        folder = self.path.parent.resolve()
        try:
            path = (folder / value).resolve()
            inside = path.is_relative_to(folder) and path.is_file()
        except (OSError, ValueError, RuntimeError):
            inside = False
        if not inside:
            raise Unclear(
                f"there is no file {value!r:.120} in the recording's folder; put it there.",
                "录像所在文件夹中没有这个文件。",
            )
        return path


def profiles(value: object) -> tuple[str, ...]:
    """Names of profiles, of a list or of a text. Raises Unclear where one cannot be a name."""
    names = listed(value, re.compile(r"[\s,，;；、|+]+"))
    for name in names:
        if not PROFILE.fullmatch(name):
            raise Unclear(
                f"{name!r:.60} cannot be a profile; see `farm profiles`.",
                "没有这个配置，请看 farm profiles。",
            )
    if not names:
        raise Unclear("no profile is named; leave it out or name one.", "没有写配置。")
    return names

"""What people say of a recording, field by field: from options, a sidecar or a row of a table.

One set of names, in English and Chinese, and one set of rules for all three.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from farm.categories import Bases
from farm.model import BASE, Category, Metadata, clean_title
from farm.plan.languages import NAMES as LANGUAGE_NAMES
from farm.plan.languages import UNKNOWN, language_tag
from manifests.entries import CATEGORIES

Said = Mapping[str, Any]
"""Fields of `Metadata` that were said, cleaned; what is not in it was not said."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "title": ("标题", "题目", "名称"),
    "base": ("基地", "制作基地"),
    "category": ("类别", "分类"),
    "course": ("课程", "系列"),
    "number": ("序号", "集数", "讲次"),
    "speaker": ("主讲", "主讲人", "讲师"),
    "audience": ("对象", "适用对象"),
    "keywords": ("关键词", "关键字", "keyword"),
    "awards": ("获奖", "奖项", "award"),
    "licence": ("许可", "授权", "license"),
    "description": ("简介", "内容简介", "说明"),
    "language": ("语言", "语种"),
    "recorded": ("录制日期", "录制时间", "日期", "date"),
}
"""Field: the other names it goes by."""

LONG = 2000
"""Characters of a description."""
MOST = 50
"""Keywords or awards."""
_NUMBER = re.compile(r"(?:第\s*)?(\d{1,4})\s*[讲课集期章节]?")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?")
_WORDS = re.compile(r"[;；、,，|\n]")
_SENTENCES = re.compile(r"[;；|\n]")
"""An award has commas in its name."""


class Unclear(ValueError):
    """A field that cannot be understood; what it should be, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(f"{english} {chinese}")
        self.english = english
        self.chinese = chinese


def field_of(name: str) -> str | None:
    """The field a header or key means; None where it means none."""
    folded = _folded(name)
    return next(
        (field for field, others in HEADERS.items() if folded in (field, *others)),
        None,
    )


def understood(field: str, value: object, bases: Bases) -> Said:
    """What `value` says of `field`. Raises Unclear."""
    if field == "base":
        return _base(_text(value), bases)
    return {field: _RULES[field](value)}


def metadata_of(*layers: Said, base: str = "local") -> Metadata:
    """Each field from the first layer that says it; `base` where none says one.

    The base's name belongs to the base: it is taken from the same layer.
    """
    merged: dict[str, Any] = {"title": None, "base": base}
    for layer in reversed(layers):
        if "base" in layer:
            merged.pop("base_name", None)
        merged.update(layer)
    return Metadata(**merged)


def category_of_name(text: str) -> Category:
    """By its name in English or Chinese. Raises Unclear."""
    folded = _folded(text)
    for name, (chinese, english) in CATEGORIES.items():
        if folded in (name, chinese, english.lower(), chinese.removesuffix("片")):
            return Category(name)
    known = ", ".join(f"{name} {chinese}" for name, (chinese, _) in CATEGORIES.items())
    raise Unclear(f"{text!r} is not a category; use one of: {known}.", "没有这个类别。")


def listed(value: object, split: re.Pattern[str] = _WORDS) -> tuple[str, ...]:
    """The parts of a list or of a text with separators, cleaned, each once. Raises Unclear."""
    if isinstance(value, str):
        parts: list[object] = list(split.split(value))
    elif isinstance(value, list | tuple):
        parts = list(value)
    else:
        raise Unclear("it should be a text or a list of texts.", "应为文字或文字列表。")
    cleaned = [clean_title(_text(part)) for part in parts]
    found = tuple(dict.fromkeys(part for part in cleaned if part))
    if len(found) > MOST:
        raise Unclear(f"there are {len(found)}; give at most {MOST}.", f"最多 {MOST} 个。")
    return found


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise Unclear(f"it should be a text, not {value!r:.60}.", "应为文字。")


def _line(value: object) -> str:
    return clean_title(_text(value))


def _title(value: object) -> str:
    title = _line(value)
    if not title:
        raise Unclear("the title is empty; leave it out or give one.", "标题为空。")
    return title


def _base(text: str, bases: Bases) -> Said:
    """A short name, `short=shown`, or a name of `bases`."""
    short, equals, shown = text.partition("=")
    if BASE.fullmatch(short) and equals:
        name = clean_title(shown)
        return {"base": short, "base_name": name} if name else {"base": short}
    if BASE.fullmatch(text):
        known = bases.get(text)
        return {"base": text, "base_name": known.name} if known and known.name else {"base": text}
    named = [base for base, one in bases.items() if one.name and one.name == clean_title(text)]
    if named:
        return {"base": named[0], "base_name": clean_title(text)}
    raise Unclear(
        f"{text!r:.80} is not a base: write its short name (1 to 32 of a-z, 0-9 and '-'), both as "
        "changsha=长沙, or list it in the file of --bases.",
        "请写基地代号（小写字母、数字、连字符），或写成 changsha=长沙，或在 --bases 文件中登记。",
    )


def _category(value: object) -> Category:
    return category_of_name(_text(value))


def _number(value: object) -> int:
    """0 takes it out; `第 3 讲` is 3."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9999:
        return value
    text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
    match = _NUMBER.fullmatch(text.removesuffix(".0"))
    if not match:
        raise Unclear(
            f"{value!r:.60} is not a number in a course; write 1 to 9999, or 0 for none.",
            "序号应为 1 至 9999 的整数，0 表示没有。",
        )
    return int(match[1])


def _language(value: object) -> str:
    text = _line(value)
    named = [tag for tag, name in LANGUAGE_NAMES.items() if _folded(name) == _folded(text)]
    tag = named[0] if named else "zh" if text in ("汉语", "国语") else language_tag(text)
    if text and tag == UNKNOWN:
        raise Unclear(
            f"{text!r} is not a language; write a BCP 47 tag such as zh, yue or en.",
            "请写语言代码，例如 zh、yue、en。",
        )
    return tag if text else ""


def _recorded(value: object) -> str:
    """TOML has dates of its own; people write 2006年5月1日."""
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if not text:
        return ""
    match = _DATE.fullmatch(text.partition("T")[0].partition(" ")[0])
    try:
        parts = [int(part) for part in match.groups() if part] if match else []
        date(*(*parts, 1, 1, 0)[:3])
    except ValueError:
        parts = []
    if not parts:
        raise Unclear(
            f"{text!r:.60} is not a date; write 2006-05-01, 2006-05 or 2006.",
            "日期应写成 2006-05-01、2006-05 或 2006。",
        )
    return "-".join((f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])))


_RULES: Mapping[str, Callable[[object], Any]] = {
    "title": _title,
    "category": _category,
    "course": _line,
    "number": _number,
    "speaker": _line,
    "audience": _line,
    "keywords": listed,
    "awards": lambda value: listed(value, _SENTENCES),
    "licence": lambda value: clean_title(_text(value), 500),
    "description": lambda value: clean_title(_text(value), LONG),
    "language": _language,
    "recorded": _recorded,
}

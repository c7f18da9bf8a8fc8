"""What a data disc tells by itself: a page that plays it in a browser without a network, a note."""

import hashlib
import json
import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from manifests.entries import CATEGORIES
from manifests.media import rounded
from manifests.model import Text
from manifests.plain import plain

PAGE = "index.html"
NOTE = "说明 README.txt"

_TEMPLATES = Path(__file__).with_name("site") / "disc"


@dataclass(frozen=True, slots=True)
class PageFile:
    path: str
    """On the disc, parts between `/`."""
    size: int
    """Bytes."""
    type: str
    """Media (MIME) type."""
    label: str
    """As people know it, e.g. `MP4 · 1280×720` or `MP3`."""
    start: Fraction = Fraction(0)
    """Lesson clock, seconds: where the file begins; sound may be trimmed, or have an ident before
    it."""


@dataclass(frozen=True, slots=True)
class PageCue:
    start: Fraction
    stop: Fraction
    """Half-open, lesson clock, seconds."""
    text: str
    """In the WebVTT cue syntax."""


@dataclass(frozen=True, slots=True)
class PageCaptions:
    language: str
    """BCP 47."""
    label: str
    path: str
    """Of the WebVTT file on the disc, for other players."""
    cues: tuple[PageCue, ...]
    """In the page itself: a browser does not let a page from a disc read other files."""


@dataclass(frozen=True, slots=True)
class PageChapter:
    start: Fraction
    """Lesson clock, seconds."""
    title: str
    picture: str | None
    """Path on the disc."""


@dataclass(frozen=True, slots=True)
class PageLesson:
    number: int
    """Place in the course, from 1."""
    title: str
    base: str
    speaker: str
    """Empty where nothing is known; `description` likewise."""
    description: str
    category: str
    """`feature`, `agriculture`, `computer` or `audio`."""
    duration: Fraction
    """Seconds."""
    folder: str
    """Path on the disc."""
    videos: tuple[PageFile, ...]
    """The first is the one that is played."""
    audios: tuple[PageFile, ...]
    captions: tuple[PageCaptions, ...]
    chapters: tuple[PageChapter, ...]
    poster: str | None
    """Path on the disc."""


@dataclass(frozen=True, slots=True)
class DiscPage:
    course: str
    disc: int
    """From 1."""
    discs: int
    lessons: tuple[PageLesson, ...]


def disc_texts(page: DiscPage) -> tuple[Text, ...]:
    """`index.html` and the note, paths relative to the disc. Depends on nothing but `page`."""
    return disc_page(page), disc_note(page)


def disc_page(page: DiscPage) -> Text:
    """One file without a reference to any other but the lessons': style, script and captions are in
    it, and its policy allows nothing else."""
    style, script = _part("page.css"), _part("page.js")
    text = _rendered(
        "index.html",
        page,
        style=style,
        script=script,
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
        data=_inline_json([_lesson_value(lesson) for lesson in page.lessons]),
    )
    return Text(path=PAGE, type="text/html", text=text)


def disc_note(page: DiscPage) -> Text:
    """For whoever opens the disc without a browser; as old Windows editors want it."""
    text = _rendered("readme.txt", page)
    return Text(path=NOTE, type="text/plain", text="\ufeff" + text.replace("\n", "\r\n"))


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _policy_hash(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _rendered(template: str, page: DiscPage, **values: Any) -> str:
    return _environment().get_template(template).render(page=page, categories=CATEGORIES, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"plain": plain, "address": _address, "clock": _length, "size": _size}
    return environment


def _address(path: str) -> str:
    """A path on the disc as a relative address of the page."""
    return quote(path, safe="/")


def _length(duration: Fraction) -> str:
    """Begun seconds count, as in the catalog."""
    return _clock(math.ceil(duration))


def _clock(seconds: int) -> str:
    """`m:ss`, or `h:mm:ss`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _size(count: int) -> str:
    """Megabytes as file managers count them."""
    return f"{max(1, round(count / (1 << 20)))} MB"


def _inline_json(value: Any) -> str:
    """JSON that is safe within a script element, whatever people wrote."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _lesson_value(lesson: PageLesson) -> dict[str, Any]:
    return {
        "number": lesson.number,
        "title": plain(lesson.title),
        "facts": " · ".join(_facts(lesson)),
        "description": plain(lesson.description),
        "folder": _address(lesson.folder) + "/",
        "poster": _address(lesson.poster) if lesson.poster else None,
        "videos": [_file_value(one) for one in lesson.videos],
        "audios": [_file_value(one) for one in lesson.audios],
        "captions": [_captions_value(one) for one in lesson.captions],
        "chapters": [_chapter_value(one) for one in lesson.chapters],
    }


def _facts(lesson: PageLesson) -> Sequence[str]:
    zh, en = CATEGORIES[lesson.category]
    known = (f"{zh} {en}", plain(lesson.base), plain(lesson.speaker), _length(lesson.duration))
    return [one for one in known if one]


def _file_value(file: PageFile) -> dict[str, Any]:
    return {
        "path": _address(file.path),
        "type": file.type,
        "label": plain(file.label),
        "size": _size(file.size),
        "start": _seconds(file.start),
    }


def _captions_value(captions: PageCaptions) -> dict[str, Any]:
    return {
        "language": captions.language,
        "label": plain(captions.label) or captions.language,
        "path": _address(captions.path),
        "cues": [
            [_seconds(cue.start), _seconds(cue.stop), "\n".join(map(plain, cue.text.splitlines()))]
            for cue in captions.cues
        ],
    }


def _chapter_value(chapter: PageChapter) -> dict[str, Any]:
    return {
        "start": _seconds(chapter.start),
        "clock": _clock(rounded(chapter.start)),
        "title": plain(chapter.title),
        "picture": _address(chapter.picture) if chapter.picture else None,
    }


def _seconds(time: Fraction) -> float:
    return round(float(time), 3)

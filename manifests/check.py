"""Whether the texts of a lesson tell the truth about its objects, and by the rules."""

from collections.abc import Mapping

from manifests.model import Presentation
from manifests.rules import media, picture, rates, references, thumbnails, variants
from manifests.violations import Severity, Violation

__all__ = ["Severity", "Violation", "check"]

_RULES = (
    *references.RULES,
    *media.RULES,
    *variants.RULES,
    *rates.RULES,
    *picture.RULES,
    *thumbnails.RULES,
)


def check(p: Presentation, texts: Mapping[str, str]) -> tuple[Violation, ...]:
    """Everything wrong with a lesson, errors first; empty where all is well.

    `texts`: text by path relative to the lesson's folder, as `lesson_texts` gives them. An
    independent reader: nothing is shared with the code that wrote them. What the values do not
    tell (`tfdt`, IDR pictures, the contents of WebVTT segments) is checked where media is made.
    """
    lesson, found = references.read_lesson(p, texts)
    if lesson:
        for rule in _RULES:
            found += rule(lesson)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.severity is Severity.WARNING))

"""Caption files made in tests, and what became of them."""

from fractions import Fraction
from pathlib import Path

from encoders.captions import convert_subtitles
from encoders.tasks import Caption, SubtitleResult, SubtitleTask


def read(folder: Path, content: str | bytes, seconds: int = 60, origin: int = 0) -> SubtitleResult:
    """A file of captions handed in with a lesson of so many seconds; its name says nothing."""
    path = folder / "handed-in"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return convert_subtitles(
        SubtitleTask(
            path=str(path),
            stream=None,
            shifts=(),
            origin=Fraction(origin),
            duration=Fraction(seconds),
            name="captions-zh",
            segment=Fraction(6),
            folder=str(folder),
        )
    )


def shown(result: SubtitleResult) -> list[tuple[float, float, str]]:
    return [(float(c.start), float(c.stop), c.text) for c in result.captions]


def codes(result: SubtitleResult) -> list[str]:
    return [finding.code for finding in result.findings]


def caption(start: float, stop: float, text: str) -> Caption:
    return Caption(Fraction(str(start)), Fraction(str(stop)), text)

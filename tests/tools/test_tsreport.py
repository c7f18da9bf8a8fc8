"""Debian's tsreport and the farm's own checker come to the same verdict on the same streams."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from encoders.broadcast import make_broadcast
from encoders.broadcast.check import check
from tests.encoders.broadcasting import lesson
from tests.encoders.transport import (
    NULL,
    VIDEO,
    Stream,
    has_pcr,
    middle,
    packets_of,
    pcr_of,
    set_pcr,
    where,
)
from tests.media import noise
from tests.tools.programs import ffmpeg, run

SAYS = {
    "1.4": "Continuity Counter",
    "2.3b": "is not more than previous PCR",
    "3.3": r"DTS < PCR|less than PCR",
}
"""What tsreport writes where it finds what our indicator stands for."""


def verdict(path: Path) -> set[str]:
    """The indicators that tsreport finds."""
    said = run(["tsreport", "-b", "-err", "stdout", path]).ok().out
    return {name for name, words in SAYS.items() if re.search(words, said)}


def ours(path: Path) -> set[str]:
    return set(check(path).counts) & set(SAYS)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    task = lesson(tmp_path_factory.mktemp("tsreport"), seconds=(3,), paint=noise)
    product = make_broadcast(task, lambda _: None)
    return Path(task.folder) / product.files[0].file.name


def lose(stream: Stream) -> None:
    stream[middle(stream, VIDEO)][:] = NULL


def back(stream: Stream) -> None:
    for n in where(stream, has_pcr, len(stream) // 2):
        set_pcr(stream[n], pcr_of(stream[n]) - 13_500_000)


def late(stream: Stream) -> None:
    for n in where(stream, has_pcr):
        set_pcr(stream[n], pcr_of(stream[n]) + 54_000_000)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda _: None, set()),
        (lose, {"1.4"}),
        (back, {"2.3b"}),
        (late, {"3.3"}),
    ],
    ids=["good", "packet lost", "clock set back", "clock ahead"],
)
def test_verdicts_agree(
    good: Path, tmp_path: Path, damage: Callable[[Stream], None], expected: set[str]
) -> None:
    stream = packets_of(good.read_bytes())
    damage(stream)
    path = tmp_path / "stream.ts"
    path.write_bytes(b"".join(stream))
    assert ours(path) == expected
    assert verdict(path) >= expected  # a clock set back makes it guess at what is between
    assert bool(verdict(path)) == bool(expected)


def test_they_agree_on_a_rate_that_is_too_low(good: Path, tmp_path: Path) -> None:
    """FFmpeg writes such a stream, and exits with 0."""
    path = tmp_path / "low.ts"
    command = [ffmpeg(), "-v", "error", "-i", good, "-c", "copy", "-muxrate", "300k", path]
    assert run(command).status == 0
    assert "3.3" in ours(path)
    assert "3.3" in verdict(path)

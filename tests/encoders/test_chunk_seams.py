"""Across chunk seams every slot shows the very picture of the source that is due."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.encoders.chunking import encoded, expected, joined, shown, tasks
from tests.media import lecture

SECONDS = 6


@dataclass(frozen=True)
class Case:
    name: str
    file: str
    make: dict[str, Any] = field(default_factory=dict)
    rate: Fraction | int = 25
    out: Fraction | int = 25
    cuts: tuple[int, ...] = (2, 4)
    times: Callable[[], list[Fraction]] | None = None
    spare: int = 0
    """Pictures decoded more than the source has, at most: a stop key frame a seam (open GOP)."""
    lost: int = 0
    """Pictures after a seam that nobody can give: leading ones whose times AVI does not tell."""


def uneven() -> list[Fraction]:
    """A screencast: bursts of pictures, then seconds of none."""
    steps = [Fraction(1, 30)] * 20 + [Fraction(1, 10)] * 10 + [Fraction(7, 5)]
    times = [Fraction(0)]
    while times[-1] < SECONDS - 2:
        times += [times[-1] + sum(steps[: n + 1]) for n in range(len(steps))]
    return [time for time in times if time < SECONDS]


CASES = [
    Case("constant rate", "a.mp4"),
    Case("B pictures", "a.mp4", {"b_frames": 3}),
    Case("60 to 30", "a.mp4", {"gop": 60}, rate=60, out=30),
    Case("30000/1001", "a.mp4", {"gop": 30}, rate=Fraction(30000, 1001), out=Fraction(30000, 1001)),
    Case("15 to 25", "a.mp4", {"gop": 15}, rate=15, out=25),
    Case("variable rate", "a.mkv", {"gop": 10}, out=30, cuts=(2, 4), times=uneven),
    Case("open GOP, mp4", "a.mp4", {"b_frames": 2, "open_gop": True}, spare=4),
    Case("open GOP, mkv", "a.mkv", {"b_frames": 2, "open_gop": True}, spare=4),
    Case("open GOP, ts", "a.ts", {"b_frames": 2, "open_gop": True}, spare=4),
    Case(
        "open GOP, HEVC",
        "a.mp4",
        {
            "codec": "libx265",
            "b_frames": 2,
            "options": {
                "preset": "ultrafast",
                "x265-params": "keyint=25:min-keyint=25:open-gop=1:bframes=2:scenecut=0:pools=none:"
                "frame-threads=1:log-level=none",
            },
        },
        spare=4,
    ),
    Case(
        "MPEG-2, open GOP",
        "a.ts",
        {"codec": "mpeg2video", "b_frames": 2, "open_gop": True},
        spare=4,
    ),
    Case("MPEG-2, program stream", "a.mpg", {"codec": "mpeg2video", "b_frames": 2}),
    Case("key frames 3 s apart", "a.mp4", {"gop": 75}, cuts=(1,)),
    Case("MPEG-4, avi", "a.avi", {"codec": "mpeg4"}),
    Case("MPEG-4, avi, B pictures", "a.avi", {"codec": "mpeg4", "b_frames": 2}),
    Case(
        "MPEG-4, avi, open GOP",
        "a.avi",
        {"codec": "mpeg4", "b_frames": 2, "open_gop": True},
        lost=2,
    ),
]


@pytest.mark.parametrize("seekable", [True, False], ids=["seek", "count"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_slot_shows_its_picture(case: Case, seekable: bool, tmp_path: Path) -> None:
    times = (
        case.times()
        if case.times
        else [Fraction(n) / case.rate for n in range(round(SECONDS * case.rate))]
    )
    path = lecture(
        tmp_path / case.file,
        seconds=SECONDS,
        rate=case.rate,
        times=times if case.times else None,
        size=(192, 108),
        **case.make,
    )
    slots = int(SECONDS * case.out)
    chunks = tasks(path, rate=case.out, slots=slots, cuts=case.cuts, seekable=seekable)
    results = [encoded(chunk, tmp_path / "out") for chunk in chunks]

    assert len(chunks) == len(case.cuts) + 1
    due = expected(times, case.out, slots)
    for chunk in chunks[1:]:
        due[chunk.first : chunk.first + case.lost] = [chunk.first + case.lost] * case.lost
    assert shown(joined(results, tmp_path / "out")) == due
    assert sum(result.errors for result in results) == 0
    assert sum(result.decoded for result in results) <= len(times) + case.spare

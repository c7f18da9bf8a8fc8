"""The one WebVTT file of a track: written, and read back by what puts captions into products."""

from collections.abc import Iterable
from pathlib import Path

from encoders.captions.srt import times_of
from encoders.captions.times import stamp
from encoders.tasks import Caption
from encoders.verify import Faulty

_HEADER = "WEBVTT\n"


def document(captions: Iterable[Caption], header: str = _HEADER) -> str:
    """A WebVTT file, times to the millisecond."""
    blocks = [f"{stamp(c.start)} --> {stamp(c.stop)}\n{c.text}\n" for c in captions]
    return "\n".join([header, *blocks])


def captions_of(path: Path) -> tuple[Caption, ...]:
    """The captions of a file that `document` wrote: a `CaptionTrack`'s, a `SubtitleResult`'s whole.

    Raises Faulty where it is no such file, and OSError.
    """
    header, *blocks = path.read_bytes().decode("utf-8", "replace").split("\n\n")
    if header.strip() != _HEADER.strip():
        raise Faulty(f"{path.name} is no WebVTT file of the farm's own")
    return tuple(_caption(path, block.strip("\n")) for block in blocks)


def _caption(path: Path, block: str) -> Caption:
    first, _, text = block.partition("\n")
    times = times_of(first)
    if times is None or not text:
        raise Faulty(f"{path.name}: {first[:60]!r} is no line of times of the farm's own")
    return Caption(*times, text)

"""Every kind of task, by the name of its class: who does it, and what comes back.

Only what a task needs is imported: a child lives for one task.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from encoders.facts import Facts
from encoders.product import Product
from encoders.tasks import (
    AudioResult,
    AudioTask,
    ChunkResult,
    ChunkTask,
    InspectTask,
    SoundResult,
    SoundTask,
    StillsResult,
    StillsTask,
    SubtitleResult,
    SubtitleTask,
)

Perform = Callable[[Any, Callable[[float], None]], object]
"""Does a task, and reports how much is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Kind:
    task: type
    perform: Perform
    result: type


def _inspect() -> Kind:
    from encoders.inspect import inspect

    return Kind(InspectTask, inspect, Facts)


def _chunk() -> Kind:
    from encoders.chunk import encode_chunk

    return Kind(ChunkTask, encode_chunk, ChunkResult)


def _audio() -> Kind:
    from encoders.audio import encode_audio

    return Kind(AudioTask, encode_audio, AudioResult)


def _sound() -> Kind:
    from encoders.audio import encode_sound

    return Kind(SoundTask, encode_sound, SoundResult)


def _subtitle() -> Kind:
    from encoders.captions import convert_subtitles

    def convert(task: SubtitleTask, _report: Callable[[float], None]) -> SubtitleResult:
        return convert_subtitles(task)

    return Kind(SubtitleTask, convert, SubtitleResult)


def _stills() -> Kind:
    from encoders.stills import make_stills

    return Kind(StillsTask, make_stills, StillsResult)


def _broadcast() -> Kind:
    from encoders.broadcast import make_broadcast
    from encoders.broadcast.task import BroadcastTask

    return Kind(BroadcastTask, make_broadcast, Product)


def _download() -> Kind:
    from encoders.download import make_download
    from encoders.download.task import DownloadTask

    return Kind(DownloadTask, make_download, Product)


def _tagged() -> Kind:
    from encoders.tagged import make_tagged
    from encoders.tagged.task import TagTask

    return Kind(TagTask, make_tagged, Product)


def _vcd() -> Kind:
    from encoders.vcd import make_vcd
    from encoders.vcd.task import VcdTask

    return Kind(VcdTask, make_vcd, Product)


def _dvd() -> Kind:
    from encoders.dvd import make_dvd
    from encoders.dvd.task import DvdTask

    return Kind(DvdTask, make_dvd, Product)


def _data_disc() -> Kind:
    from encoders.datadisc import make_data_disc
    from encoders.datadisc.task import DataDiscTask

    return Kind(DataDiscTask, make_data_disc, Product)


KINDS: dict[str, Callable[[], Kind]] = {
    "InspectTask": _inspect,
    "ChunkTask": _chunk,
    "AudioTask": _audio,
    "SoundTask": _sound,
    "SubtitleTask": _subtitle,
    "StillsTask": _stills,
    "BroadcastTask": _broadcast,
    "DownloadTask": _download,
    "TagTask": _tagged,
    "VcdTask": _vcd,
    "DvdTask": _dvd,
    "DataDiscTask": _data_disc,
}

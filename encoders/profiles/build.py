"""A checked TOML table becomes a profile. Tables count in kb/s and kbit, values in bits."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from encoders.profiles.model import (
    AudioFiles,
    AudioFormat,
    Broadcast,
    Channel,
    DataDisc,
    Download,
    Dvd,
    Profile,
    Rung,
    SeekPictures,
    Sound,
    Stream,
    Streaming,
    Television,
    Track,
    VideoCd,
)

Table = Mapping[str, Any]

KILO = 1000
AUDIO_CODECS = {"mp3": "mp3", "m4a": "aac", "opus": "opus"}
RATES = {"pal": Fraction(25), "ntsc": Fraction(30_000, 1001)}


def build(table: Table) -> Profile:
    """`table` has passed the schema of its kind."""
    return _BUILDERS[table["kind"]](table)


def _named(table: Table) -> dict[str, str]:
    return {key: table[key] for key in ("name", "kind", "title", "title_zh")}


def _segmented(table: Table) -> dict[str, Any]:
    return {
        **_named(table),
        "segment": Fraction(table["segment"]),
        "chunk": Fraction(table["chunk"]),
        "max_rate": Fraction(table["max_rate"]),
        "video": tuple(map(_rung, table["video"])),
        "audio": _sound(table["audio"]),
    }


def _streaming(table: Table) -> Streaming:
    return Streaming(**_segmented(table), thumbnails=SeekPictures(**table["thumbnails"]))


def _download(table: Table) -> Download:
    return Download(**_segmented(table))


def _broadcast(table: Table) -> Broadcast:
    return Broadcast(
        **_named(table),
        rate=Fraction(table["rate"]),
        gop=table["gop"],
        b_frames=table["b_frames"],
        preset=table["preset"],
        buffer=Fraction(table["buffer"], 1000),
        streams=tuple(
            Stream(**{**stream, "total": stream["total"] * KILO}) for stream in table["stream"]
        ),
        audio=_track(table["audio"]),
        service=Channel(**table["service"]),
    )


def _dvd(table: Table) -> Dvd:
    return Dvd(
        **_named(table),
        standard=table["standard"],
        video=_television(table),
        quantisers=tuple(table["quantisers"]),
        audio=_track(table["audio"]),
        capacity=table["capacity"],
    )


def _video_cd(table: Table) -> VideoCd:
    return VideoCd(
        **_named(table),
        standard=table["standard"],
        video=_television(table),
        quantiser=table["quantiser"],
        audio=_track(table["audio"]),
        minutes=table["minutes"],
    )


def _audio(table: Table) -> AudioFiles:
    return AudioFiles(
        **_named(table),
        formats=tuple(
            AudioFormat(
                **{**one, "bitrate": one["bitrate"] * KILO}, codec=AUDIO_CODECS[one["name"]]
            )
            for one in table["format"]
        ),
        loudness=float(table["loudness"]),
        true_peak=float(table["true_peak"]),
        trim=table["trim"],
        crossfade=Fraction(table["crossfade"], 1000),
    )


def _data_disc(table: Table) -> DataDisc:
    return DataDisc(**_named(table), contents=tuple(table["contents"]), capacity=table["capacity"])


def _rung(rung: Table) -> Rung:
    return Rung(
        name=rung["name"],
        size=rung["size"],
        crf=float(rung["crf"]),
        preset=rung["preset"],
        maxrate=rung["maxrate"] * KILO,
        buffer=rung["buffer"] * KILO,
    )


def _sound(sound: Table) -> Sound:
    return Sound(
        bitrate=sound["bitrate"] * KILO,
        sample_rate=sound["sample_rate"],
        loudness=float(sound["loudness"]),
        true_peak=float(sound["true_peak"]),
    )


def _track(sound: Table) -> Track:
    return Track(
        codec=sound["codec"],
        bitrate=sound["bitrate"] * KILO,
        channels=sound["channels"],
        sample_rate=sound["sample_rate"],
        loudness=float(sound["loudness"]),
        true_peak=float(sound["true_peak"]),
    )


def _television(table: Table) -> Television:
    video = table["video"]
    return Television(
        width=video["width"],
        height=video["height"],
        rate=RATES[table["standard"]],
        gop=video["gop"],
        b_frames=video["b_frames"],
        bitrate=video["bitrate"] * KILO,
        maxrate=video["maxrate"] * KILO,
        buffer=video["buffer"],
    )


_BUILDERS: Mapping[str, Callable[[Table], Profile]] = {
    "hls": _streaming,
    "download": _download,
    "broadcast": _broadcast,
    "dvd": _dvd,
    "vcd": _video_cd,
    "svcd": _video_cd,
    "audio": _audio,
    "datadisc": _data_disc,
}

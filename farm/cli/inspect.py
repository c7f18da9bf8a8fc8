"""`farm inspect`: whether a recording is sound, before anything is made of it."""

import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from encoders import wire
from encoders.facts import AudioTrack, Facts, VideoTrack
from farm.cli.display import describe
from farm.errors import Refused
from farm.inspection import examine, refusal
from farm.model import Metadata
from farm.recording import identify


@click.command()
@click.argument("recording", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="All facts and findings as JSON.")
def inspect(recording: Path, as_json: bool) -> None:
    """Show what is in FILE, what is wrong with it, and what to do about it.

    Exit status 3 where the farm would refuse it.
    """
    identified = identify(recording, Metadata(title="", base="local"))
    with tempfile.TemporaryDirectory(prefix="farm-inspect-") as work:
        facts = examine(identified, Path(work), lambda _: None)
    if not as_json:
        _show(recording, facts)
        sys.exit(Refused.status if facts.refused else 0)
    sys.stdout.buffer.write(wire.dumps(facts) + b"\n")
    if facts.refused:
        raise Refused(refusal(facts))


def _show(recording: Path, facts: Facts) -> None:
    console = Console(highlight=False)
    table = Table(title=escape(recording.name), title_justify="left", show_header=False)
    table.add_row("container 容器", facts.container or "unknown 未知")
    table.add_row("size 大小", f"{facts.size / 1e6:.1f} MB")
    if facts.duration:
        table.add_row("duration 时长", f"{float(facts.duration):.3f} s")
    if facts.video:
        table.add_row("picture 画面", escape(_video_line(facts.video)))
    for track in facts.audio:
        table.add_row("sound 声音", escape(_audio_line(track)))
    for subtitle in facts.subtitles:
        kind = "text" if subtitle.text else "bitmap"
        table.add_row("subtitles 字幕", f"{subtitle.codec} {subtitle.language or '?'} ({kind})")
    console.print(table)
    if not facts.findings:
        console.print("  Nothing to remark. 未发现问题。")
    for finding in facts.findings:
        for line in describe(finding):
            console.print(line, soft_wrap=True)


def _video_line(track: VideoTrack) -> str:
    rate = f"{float(track.rate):.3f}".rstrip("0").rstrip(".")
    turned = f", turned {track.rotation}°" if track.rotation else ""
    gaps = [
        float(after.time - before.time)
        for before, after in zip(track.key_frames, track.key_frames[1:], strict=False)
    ]
    keys = f", key frames up to {max(gaps):.1f} s apart" if gaps else ""
    return (
        f"{track.codec} {track.width}x{track.height} {rate} fps"
        f"{' (variable)' if track.variable else ''}, {track.field_order}{turned}, "
        f"{track.bitrate // 1000} kb/s, {track.frames} pictures{keys}"
    )


def _audio_line(track: AudioTrack) -> str:
    loudness = "silent" if track.loudness is None else f"{track.loudness:.1f} LKFS"
    peak = "" if track.true_peak is None else f", true peak {track.true_peak:.1f} dBTP"
    return (
        f"{track.codec} {track.sample_rate} Hz {track.layout} {track.language or ''}".rstrip()
        + f", {loudness}{peak}"
    )

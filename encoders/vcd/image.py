"""The disc's image, by VCDImager, and what its tools read back of it."""

import re
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import quoteattr

from encoders.labels import volume_label
from encoders.vcd.sector import RAW, settle_volume
from encoders.vcd.task import VcdTask
from encoders.verify import Faulty

LONGEST_ALBUM = 16
MOST_ENTRIES = 98
"""Two digits on a remote control; the standard's table has room for 500."""

_DATE = "2000-01-01 00:00:00"
"""Of all files on the disc: the same task gives the same bytes."""
_VERSIONS = {"vcd": "2.0", "svcd": "1.0"}
_FOUND = {"vcd": "VCD 2.0 detected", "svcd": "SVCD detected"}
_DOCTYPE = (
    '<!DOCTYPE videocd PUBLIC "-//GNU//DTD VideoCD//EN" '
    '"http://www.gnu.org/software/vcdimager/videocd.dtd">'
)
"""Known to VCDImager by its public name: nothing is fetched."""


def build(task: VcdTask, stream: Path, entries: Sequence[Fraction], bin: Path, cue: Path) -> None:
    """`entries`: seconds from the disc's start, beyond which players can jump.

    Raises Faulty with VCDImager's words where it refuses or warns.
    """
    control = stream.with_suffix(".xml")
    control.write_text(_control(task, stream, entries), encoding="utf-8")
    command = ["vcdxbuild", "--quiet", f"--create-time={_DATE}"]
    _run([*command, f"--cue-file={cue}", f"--bin-file={bin}", str(control)])
    control.unlink()
    settle_volume(bin)


def _control(task: VcdTask, stream: Path, entries: Sequence[Fraction]) -> str:
    points = "".join(
        f'<entry id="entry-{n:02d}">{float(at):.4f}</entry>' for n, at in enumerate(entries, 1)
    )
    label = volume_label(task.label)
    offsets = '<option name="update scan offsets" value="true"/>' if task.kind == "svcd" else ""
    return f"""<?xml version="1.0"?>
{_DOCTYPE}
<videocd xmlns="http://www.gnu.org/software/vcdimager/1.0/" class="{task.kind}"
 version="{_VERSIONS[task.kind]}">
{offsets}<info><album-id>{label[:LONGEST_ALBUM]}</album-id>
<volume-count>{task.volumes}</volume-count><volume-number>{task.volume}</volume-number>
<restriction>0</restriction></info>
<pvd><volume-id>{label}</volume-id><system-id>CD-RTOS CD-BRIDGE</system-id><application-id/>
<preparer-id/><publisher-id/></pvd>
<sequence-items><sequence-item src={quoteattr(str(stream))} id="sequence-00">
<default-entry id="entry-00"/>{points}</sequence-item></sequence-items>
</videocd>
"""


def check_image(task: VcdTask, bin: Path, cue: Path, entries: int) -> None:
    """`vcd-info` recognises the disc, and counts its tracks and entry points as they were meant."""
    if bin.stat().st_size % RAW:
        raise Faulty(f"{bin.name} is not of whole sectors")
    report = _run(["vcd-info", "--no-banner", f"--cue-file={cue}"])
    if _FOUND[task.kind] not in report:
        raise Faulty(f"{cue.name} is not recognised as a {task.kind.upper()} by vcd-info")
    found = re.search(r"^ entries: (\d+)$", report, re.MULTILINE)
    if found is None or int(found[1]) != entries:
        raise Faulty(f"{cue.name} has {found[1] if found else 'no'} entry points, not {entries}")
    if not re.search(rf"^ volume number: {task.volume}$", report, re.MULTILINE):
        raise Faulty(f"{cue.name} does not say that it is volume {task.volume}")


def rip(cue: Path, folder: Path) -> Path:
    """The disc's stream, read back from the image into `folder`, which must be empty."""
    _run(["vcdxrip", "--quiet", "--nofiles", f"--cue-file={cue}"], folder)
    streams = [path for path in folder.iterdir() if path.suffix == ".mpg"]
    if len(streams) != 1:
        raise Faulty(f"{cue.name} gives back {len(streams)} streams, expected 1")
    return streams[0]


def _run(command: Sequence[str], folder: Path | None = None) -> str:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        check=False,
    )
    said = " ".join(done.stderr.split())
    if done.returncode or "ERROR" in said:
        raise Faulty(f"{command[0]} failed with exit status {done.returncode}: {said[-500:]}")
    return done.stdout

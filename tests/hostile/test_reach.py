"""What each FFmpeg on board opens and calls when it is given a file that names others.

Traced with strace, without the sandbox: the lists of formats and protocols have to hold by
themselves. What is not on the lists does its harm, so the trace can tell the difference.
"""

import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from encoders.opening import FORMATS, PIXELS
from tests.hostile.attack import Attack
from tests.hostile.references import REFERENCES
from tests.hostile.scene import Scene, scene
from tests.tools.programs import ROOT, Ran, ffmpeg, run

GATE = (
    *("-protocol_whitelist", "file", "-format_whitelist", ",".join(FORMATS)),
    *("-max_pixels", str(PIXELS)),
)
"""The gate of `encoders.opening`, for the program."""

OPEN_AND_READ = """
import sys
sys.path.insert(0, sys.argv[2])
import av
from encoders.opening import Unreadable, open_media
try:
    with open_media(sys.argv[1]) as container:
        for packet in container.demux():
            try:
                packet.decode()
            except av.FFmpegError:
                pass
except (Unreadable, av.FFmpegError):
    pass
"""

OPEN_UNGATED = """
import av, sys
try:
    with av.open(sys.argv[1]) as container:
        print(len(list(container.demux())))
except OSError:
    pass
"""

UNGATED = ("-protocol_whitelist", "file,crypto,data,http,tcp,rtp,udp")

HARMFUL = {
    "dash-other-tenant": (),
    "dash-file-url": (),
    "dash-network": (),
    "dash-disguised": (),
    "concat-sibling": (),
    "concat-disguised": (),
    "hls-named-so": (),
    "hls-disguised": (),
    "external-alias": ("-enable_drefs", "1"),
}
"""Attacks that the FFmpeg program falls for when nothing guards it, with the options they need."""


@cache
def can_trace() -> bool:
    return shutil.which("strace") is not None and run(["strace", "-f", "true"]).status == 0


@pytest.fixture(autouse=True)
def _tracing() -> None:
    if not can_trace():
        pytest.skip("strace is missing, or ptrace is not allowed here")


@dataclass(frozen=True, slots=True)
class Reach:
    opened: frozenset[str]
    """Paths opened, whether it worked or not."""
    called: tuple[str, ...]
    """Internet addresses connected to or bound."""

    def harm(self, place: Scene, upload: Path) -> list[str]:
        forbidden = {place.secret, *place.upload.iterdir()} - {upload}
        others = {path for path in self.opened if Path(path).resolve() in forbidden}
        return [*sorted(others), *self.called, *map(repr, place.canary.heard)]


def traced(command: Sequence[str | Path], trace: Path) -> tuple[Reach, Ran]:
    calls = "trace=open,openat,openat2,connect,bind,sendto"
    ran = run(["strace", "-f", "-s", "4096", "-e", calls, "-o", trace, *command], timeout=60)
    text = trace.read_text(errors="replace")
    opened = re.findall(r'open(?:at2?)?\((?:[^,"]+, )?"((?:[^"\\]|\\.)*)"', text)
    called = re.findall(r"(?:connect|bind|sendto)\(.*sa_family=AF_INET6?, .*", text)
    return Reach(frozenset(opened), tuple(called)), ran


@pytest.mark.parametrize("attack", REFERENCES, ids=lambda attack: attack.name)
def test_the_library_reaches_nothing(attack: Attack, tmp_path: Path) -> None:
    with scene(tmp_path) as place:
        upload = attack.make(place)
        command = (sys.executable, "-c", OPEN_AND_READ, upload, ROOT)
        reach, ran = traced(command, tmp_path / "trace")
        assert ran.ok()
        assert str(upload) in reach.opened
        assert reach.harm(place, upload) == []


@pytest.mark.parametrize("attack", REFERENCES, ids=lambda attack: attack.name)
def test_the_program_reaches_nothing(attack: Attack, tmp_path: Path) -> None:
    with scene(tmp_path) as place:
        upload = attack.make(place)
        command = [ffmpeg(), "-nostdin", "-v", "error", *GATE, "-i", f"file:{upload}"]
        reach, _ = traced([*command, "-f", "null", "-"], tmp_path / "trace")
        assert str(upload) in reach.opened
        assert reach.harm(place, upload) == []


@pytest.mark.parametrize(
    "attack", [a for a in REFERENCES if a.name in HARMFUL], ids=lambda attack: attack.name
)
def test_without_the_gate_it_does_harm(attack: Attack, tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    with scene(tmp_path) as place:
        upload = attack.make(place)
        options = (*UNGATED, *HARMFUL[attack.name])
        command = (ffmpeg(), "-nostdin", "-v", "error", *options, "-i", str(upload))
        reach, _ = traced((*command, "-f", "null", "-"), tmp_path / "trace")
        assert reach.harm(place, upload)


def test_the_library_does_harm_too_without_the_gate(tmp_path: Path) -> None:
    (attack,) = (one for one in REFERENCES if one.name == "concat-sibling")
    with scene(tmp_path) as place:
        upload = attack.make(place)
        reach, _ = traced([sys.executable, "-c", OPEN_UNGATED, upload], tmp_path / "trace")
        assert reach.harm(place, upload)

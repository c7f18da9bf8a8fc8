"""Shaka Streamer with the encoder settings of a recipe: `python -m benchmarks.shaka REQUEST.json`.

Shaka Streamer's configuration knows sizes and bit rates. The x264 preset (`slow` for video on
demand), the profile, and a plain average bit rate are written in `TranscoderNode._encode_video`:
https://github.com/shaka-project/shaka-streamer/blob/main/streamer/transcoder_node.py
Here those options are replaced by the recipe's in the argument list it builds. Its FFmpeg, its
filters, pipes and packager stay as they are. A request without pinned options leaves all of it.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

# mypy: disable-error-code="import-untyped"
from streamer.controller_node import ControllerNode
from streamer.node_base import ProcessStatus
from streamer.transcoder_node import TranscoderNode

REPLACED = ("-preset", "-profile:v", "-pix_fmt", "-c:v", "-b:v", "-keyint_min", "-g")
"""Options of the encoder that the pinned ones stand for; each takes one value."""
INTERVAL = 0.05
"""Seconds between two looks whether it is done (its own program looks once a second)."""


def pinned(arguments: list[str], options: list[str]) -> list[str]:
    """Shaka Streamer's arguments for one video output with `options` in place of its own."""
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in REPLACED:
            next(rest)
        else:
            kept.append(argument)
    return [*kept, *options]


def pin(options_by_rung: dict[str, list[str]]) -> None:
    """From now on outputs of these rungs are encoded with these options."""
    original = TranscoderNode._encode_video

    def encode_video(self: Any, stream: Any, media_input: Any) -> list[str]:
        arguments = original(self, stream, media_input)
        options = options_by_rung.get(stream.resolution.get_key())
        return pinned(arguments, options) if options else arguments

    TranscoderNode._encode_video = encode_video


def main() -> int:
    request = json.loads(Path(sys.argv[1]).read_text())
    pin(request["pinned"])
    with ControllerNode().start(
        request["output"], request["input"], request["pipeline"], request["bitrate"]
    ) as controller:
        while (status := controller.check_status()) is ProcessStatus.RUNNING:
            time.sleep(INTERVAL)
    return 0 if status is ProcessStatus.FINISHED else 1


if __name__ == "__main__":
    sys.exit(main())

"""Captions as subpictures in a title's program stream."""

import shutil
from collections.abc import Callable
from pathlib import Path

from encoders.captions import captions_of
from encoders.captions.subpictures import subpictures
from encoders.dvd.programs import run
from encoders.dvd.task import DvdParts


def add_captions(parts: DvdParts, inputs: Path, stream: Path, alive: Callable[[], None]) -> None:
    """Every track that shows anything gets a subpicture stream, in order, in place.

    Raises Faulty where spumux refuses, and MissingFont.
    """
    sample_aspect = parts.aspect * parts.height / parts.width
    for number, track in enumerate(parts.captions):
        folder = stream.with_name(f"captions-{number}")
        folder.mkdir()
        captions = captions_of(inputs / track.file.name)
        drawn = subpictures(captions, parts.width, parts.height, sample_aspect, folder)
        if drawn.pictures:
            control = folder / "captions.xml"
            control.write_text(drawn.xml, encoding="utf-8")
            made = folder / "made.mpg"
            command = ["spumux", "-m", "dvd", "-s", str(number), control.name]
            run(command, folder, parts.standard, source=stream, target=made, alive=alive)
            made.replace(stream)
        shutil.rmtree(folder)

"""A menu's page as a program stream: one still picture with silence, and spumux's buttons."""

from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import quoteattr

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.video.stream import VideoStream
from PIL import Image

from encoders.dvd.limits import FORMATS
from encoders.dvd.menus import Page, neighbours
from encoders.dvd.mux import LEAD, OPTIONS, muxer_warnings
from encoders.dvd.paint import HIGHLIGHT, SELECT, frames, on_raster, paint
from encoders.dvd.programs import run
from encoders.verify import Faulty

_BLOCK = 1536
"""Samples of an AC-3 frame."""
_COLOR = 5  # ITU-T H.273: BT.470 System B and G, the matrix of BT.601


def make_menu(page: Page, standard: str, pictures: Path, folder: Path, name: str) -> Path:
    """`<name>.mpg` in `folder`. Raises Faulty where a program refuses it, and MissingFont."""
    size = 720, FORMATS[standard][1]
    still, made = folder / f"{name}-still.mpg", folder / f"{name}.mpg"
    _encode(paint(page, pictures, size), standard, still)
    for kind, colour in (("highlight", HIGHLIGHT), ("select", SELECT)):
        frames(page, size, colour).save(
            folder / f"{name}-{kind}.png", "PNG", transparency=0, optimize=False
        )
    control = folder / f"{name}.xml"
    control.write_text(_control(page, standard, size, name), encoding="utf-8")
    command = ["spumux", "-m", "dvd", control.name]
    run(command, folder, standard, source=still, target=made)
    for path in (still, control, *(folder / f"{name}-{k}.png" for k in ("highlight", "select"))):
        path.unlink()
    return made


def _control(page: Page, standard: str, size: tuple[int, int], name: str) -> str:
    buttons = []
    for button in page.buttons:
        left, top, right, bottom = on_raster(button.box, size)
        ways = " ".join(
            f"{way}={quoteattr(other)}" for way, other in neighbours(page.buttons, button).items()
        )
        buttons.append(
            f'<button name={quoteattr(button.name)} x0="{left}" y0="{top}" x1="{right}" '
            f'y1="{bottom}" {ways}/>'
        )
    pictures = " ".join(f'{kind}="{name}-{kind}.png"' for kind in ("highlight", "select"))
    return (
        f'<subpictures format="{standard.upper()}"><stream>'
        f'<spu start="00:00:00.00" force="yes" {pictures}>{"".join(buttons)}</spu>'
        "</stream></subpictures>\n"
    )


def _encode(image: Image.Image, standard: str, path: Path) -> None:
    """One GOP that does not move, and as much silence."""
    rate, _, gop = FORMATS[standard]
    with muxer_warnings() as said, av.open(str(path), "w", format="dvd", options=OPTIONS) as out:
        video = out.add_stream("mpeg2video", rate=rate)
        audio = out.add_stream("ac3", rate=48_000, layout="stereo")
        if not isinstance(video, VideoStream) or not isinstance(audio, AudioStream):
            raise TypeError("FFmpeg takes mpeg2video and ac3 for something else")
        _set_up(video, image.size, rate, gop)
        audio.bit_rate = 192_000
        audio.codec_context.flags |= Flags.bitexact
        frame = av.VideoFrame.from_ndarray(np.asarray(image), "rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU601", dst_color_range="MPEG"
        )
        for n in range(gop):
            frame.pts, frame.time_base = n + round(LEAD * rate), 1 / rate
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for n in range(int(gop / rate * 48_000) // _BLOCK):
            quiet = av.AudioFrame.from_ndarray(np.zeros((2, _BLOCK), np.float32), "fltp", "stereo")
            quiet.sample_rate, quiet.time_base = 48_000, Fraction(1, 48_000)
            quiet.pts = n * _BLOCK + int(LEAD * 48_000)
            out.mux(audio.encode(quiet))
        out.mux(audio.encode(None))
    if said:
        raise Faulty(f"{path.name}: {said[0]}")


def _set_up(video: VideoStream, size: tuple[int, int], rate: Fraction, gop: int) -> None:
    context = video.codec_context
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.time_base = 1 / rate
    context.sample_aspect_ratio = Fraction(4, 3) * size[1] / size[0]
    context.colorspace = context.color_primaries = _COLOR
    context.thread_count = 1
    context.bit_rate = 8_000_000
    context.flags |= Flags.bitexact | Flags.closed_gop
    context.options = {
        "g": str(gop),
        "bf": "0",
        "sc_threshold": "1000000000",
        "qmin": "2",
        "maxrate": "8000000",
        "bufsize": "1835008",
        "mbd": "rd",
        "trellis": "1",
    }

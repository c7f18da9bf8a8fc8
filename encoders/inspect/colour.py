"""How a decoded picture is to be shown: turned, mirrored, and in which colours."""

from dataclasses import dataclass
from fractions import Fraction
from math import atan2, degrees
from struct import unpack
from typing import cast

from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame

from encoders.aspect import believable

# ITU-T H.273, as libavutil/pixfmt.h numbers them.
_MATRICES = {1: "bt709", 4: "bt601", 5: "bt601", 6: "bt601", 7: "bt601", 9: "bt2020", 10: "bt2020"}
_TRANSFERS = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear",
    9: "log100", 10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1",
    14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_FULL_RANGE = 2
_SD_LINES = 576


@dataclass(frozen=True, slots=True)
class Turn:
    rotation: int
    """Degrees clockwise, after mirroring."""
    mirrored: bool


def turn(frame: VideoFrame) -> Turn:
    """From the display matrix (ISO/IEC 14496-12, 8.3.2), to the nearest quarter."""
    # PyAV's stubs call it a dictionary of motion vectors.
    container = cast(SideDataContainer, frame.side_data)
    matrix = b"".join(bytes(data) for data in container if data.type is Type.DISPLAYMATRIX)
    return turn_of(unpack("=9i", matrix)) if len(matrix) == 36 else Turn(0, False)


def turn_of(matrix: tuple[int, ...]) -> Turn:
    """`matrix` maps (x, y) to (a x + c y, b x + d y): a, b, u, c, d, v, x, y, w."""
    a, b, _, c, d = matrix[:5]
    mirrored = a * d - b * c < 0
    angle = degrees(atan2(-b, -a) if mirrored else atan2(b, a))
    return Turn(round(angle / 90) * 90 % 360, mirrored)


def color_space(frame: VideoFrame) -> str:
    known = _MATRICES.get(int(frame.colorspace))
    return known or ("bt601" if frame.height <= _SD_LINES else "bt709")


def transfer(frame: VideoFrame) -> str:
    return _TRANSFERS.get(int(frame.color_trc), "unknown")


def full_range(frame: VideoFrame) -> bool:
    """False for RGB, which has no range to keep: it becomes limited-range YCbCr."""
    if frame.format.is_rgb:
        return False
    return int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj")


def sample_aspect(aspect: Fraction | None) -> Fraction:
    """1 where it is not told or absurd."""
    return believable(aspect) or Fraction(1)

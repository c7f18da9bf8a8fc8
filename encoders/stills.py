"""Single pictures of a recording, near given times, decoded from the key frame before each."""

from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import Image

from encoders.artifact import finish
from encoders.facts import KeyFrame, VideoTrack
from encoders.inspect.sampler import Sampler
from encoders.pictures import jpeg
from encoders.strip import strip_of
from encoders.tasks.stills import MOST_STILLS, Still, StillsResult, StillsTask
from encoders.timeline import Clock

BUDGET = 200_000_000
"""Pixels decoded for all stills of a task beside their key frames: half a second of a processor."""
TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
"""Pillow turns the other way."""
MATRICES = {"bt601": Colorspace.ITU601, "bt709": Colorspace.ITU709}


def make_stills(task: StillsTask, report: Callable[[float], None]) -> StillsResult:
    """Raises Unreadable where the recording does not open, ValueError where too many are asked for;
    what does not decode is left out."""
    if len(task.times) > MOST_STILLS:
        raise ValueError(f"{len(task.times)} stills are asked for; {MOST_STILLS} at most")
    stills: dict[Fraction, Still] = {}
    if task.video is not None and task.times and task.video.key_frames:
        stills = _stills(task, task.video, report)
    strip = None
    if task.audio is not None:
        drawn = strip_of(task.source, task.audio, task, lambda done: report(0.5 + done / 2))
        if drawn is not None:
            data = drawn.encode()
            strip = finish(Path(task.folder), "strip", "svg", data, "image/svg+xml")
    return StillsResult(tuple(stills[time] for time in task.times if time in stills), strip)


def _stills(
    task: StillsTask, track: VideoTrack, report: Callable[[float], None]
) -> dict[Fraction, Still]:
    clock = Clock(track.time_base, track.shifts, task.origin)
    ahead = BUDGET // (track.width * track.height * len(task.times))
    # the sampler goes through the file in its order
    wanted = sorted({(_before(track, time).packet, time) for time in task.times})
    made: dict[Fraction, Still] = {}
    with closing(Sampler(task.source, track.stream, task.pixels)) as sampler:
        for number, (_, time) in enumerate(wanted, 1):
            found = _nearest(sampler, track, clock, time, ahead)
            if found is not None:
                shown, frame = found
                image = upright(frame, track, sampler.sample_aspect, task.width)
                name = f"still-{float(time * 1000):.0f}"
                file = finish(Path(task.folder), name, "jpg", jpeg(image), "image/jpeg")
                made[time] = Still(time, shown, file)
            report(number / len(wanted) / 2)
    return made


def _nearest(
    sampler: Sampler, track: VideoTrack, clock: Clock, time: Fraction, ahead: int
) -> tuple[Fraction, VideoFrame] | None:
    """A picture near `time` and when it is shown: from the key frame before it on, at most `ahead`
    pictures further, or the key frame after it where that is nearer still."""
    before = _before(track, time)
    count = 1 + min(ahead, max(0, int((time - before.time) * track.rate)))
    frames = sampler.run(before, count) if count > 1 else _only(sampler.picture(before))
    shown = [
        (clock.time(frame.pts, before.packet), frame) for frame in frames if frame.pts is not None
    ]
    best = min(shown, key=lambda one: abs(one[0] - time), default=None)
    after = next((key for key in track.key_frames if key.time > time), None)
    if after is not None and (best is None or after.time - time < abs(best[0] - time)):
        frame = sampler.picture(after)
        best = (after.time, frame) if frame is not None else best
    if best is None and frames:
        return before.time, frames[0]
    return best


def _only(frame: VideoFrame | None) -> list[VideoFrame]:
    return [] if frame is None else [frame]


def _before(track: VideoTrack, time: Fraction) -> KeyFrame:
    """The last key frame at or before `time`, or the first."""
    earlier = [key for key in track.key_frames if key.time <= time]
    return earlier[-1] if earlier else track.key_frames[0]


def upright(frame: VideoFrame, track: VideoTrack, aspect: Fraction, width: int) -> Image.Image:
    """The picture as it is to be seen, so many pixels wide."""
    turned = track.rotation in (90, 270)
    shape = frame.width * aspect / frame.height
    height = max(1, round(width * shape if turned else width / shape))
    size = (height, width) if turned else (width, height)
    scaled = frame.reformat(
        *size,
        "rgb24",
        src_colorspace=MATRICES.get(track.color_space, Colorspace.ITU709),
        src_color_range=ColorRange.JPEG if track.full_range else ColorRange.MPEG,
        interpolation=Interpolation.AREA,
        threads=1,
    )
    image = Image.fromarray(scaled.to_ndarray())
    if track.mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.transpose(TURNS[track.rotation]) if track.rotation else image

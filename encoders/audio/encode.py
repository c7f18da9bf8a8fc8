"""The whole sound of a lesson as CMAF segments, levelled, and verified by decoding it again."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

from encoders.artifact import finish
from encoders.audio.arrange import whole
from encoders.audio.boxes import FRAME
from encoders.audio.decoded import decoded
from encoders.audio.passes import Cpu, Output, level_for, passes
from encoders.audio.programme import programme_of
from encoders.audio.track import Track, frame_count, write_track
from encoders.loudness import Samples
from encoders.tasks import Artifact, AudioRendition, AudioResult, AudioTask, Encoded, Segment


def encode_audio(task: AudioTask, report: Callable[[float], None]) -> AudioResult:
    """Encode one whole track; what does not decode is silence and is counted.

    `report` is told how much is done, 0 to 1. Raises RuntimeError where the decoded result is not
    what was encoded, Faulty where it cannot be brought under the ceiling.
    """
    rendition = task.rendition
    duration = sum((source.duration for source in task.sources), Fraction(0))
    length = max(1, frame_count(duration, rendition.sample_rate)) * FRAME
    programme = programme_of(task.sources, rendition.channels, rendition.sample_rate, length)
    path = Path(task.folder) / f"{rendition.name}.part"
    cpu = Cpu()
    level = level_for(programme, rendition)
    cpu.level = cpu.lap()

    def write(blocks: Iterable[Samples]) -> Track:
        return write_track(path, blocks, rendition, task.segment)

    output = Output(write, lambda: decoded(path, "mp4", length, rendition.sample_rate))
    made = passes(whole(programme), level, rendition, output, cpu, report)
    cut = _cut(path, made.written, rendition)
    path.unlink()
    report(1.0)
    return AudioResult(cut, made.heard.loudness, made.heard.true_peak, made.errors, cpu.stages())


def _cut(path: Path, track: Track, rendition: AudioRendition) -> Encoded:
    folder = path.parent

    def artifact(name: str, extension: str, data: bytes, kind: str) -> Artifact:
        return finish(folder, name, extension, data, kind)

    with path.open("rb") as file:
        head = artifact(f"{rendition.name}-init", "mp4", file.read(track.init), "audio/mp4")
        segments = []
        for piece in track.pieces:
            start = piece.start * FRAME
            data = file.read(piece.size)
            name = f"{rendition.name}-{start:010d}"
            segments.append(
                Segment(
                    file=artifact(name, "m4s", data, "video/iso.segment"),
                    start=start,
                    duration=piece.frames * FRAME,
                    samples=piece.frames,
                    key_bytes=0,
                )
            )
    return Encoded(rendition.name, head, rendition.sample_rate, "mp4a.40.2", tuple(segments))

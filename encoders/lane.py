"""One CMAF rendition of one chunk, from pictures to verified segments."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from av.video.frame import VideoFrame

from encoders.artifact import publish, set_aside
from encoders.cmaf import Fragment, Init
from encoders.h264 import Encoder, chunk_buffer, timescale
from encoders.shape import Target, color_of
from encoders.tasks import ChunkTask, Encoded, Segment, VideoRendition
from encoders.verify import Faulty, Piece, check_video

BLOCK = 10
"""Pictures an encoder is given in a row: its code and data stay in the processor's caches, which
saves some 3 % of the CPU seconds of four encoders that take turns at every picture. All renditions
of a 720p ladder hold 2.5 MB a picture."""


class Lane:
    """One rendition, from pictures to verified segments."""

    def __init__(self, task: ChunkTask, rendition: VideoRendition) -> None:
        self.target: Target = rendition.width, rendition.height
        self._task, self._rendition = task, rendition
        self._folder = Path(task.folder)
        seconds = (task.last - task.first) / task.rate
        self._encoder = Encoder(
            rendition,
            color_of(task.shape),
            task.rate,
            task.segment,
            chunk_buffer(
                rendition.maxrate, rendition.buffer, seconds, last=task.source.stop is None
            ),
        )
        self._waiting: list[tuple[int, VideoFrame]] = []
        self._init: tuple[Path, Init] | None = None
        self._pieces: list[Piece] = []

    def add(self, slot: int, frame: VideoFrame) -> None:
        self._waiting.append((slot, frame))
        if len(self._waiting) == BLOCK:
            self._encode()

    def _encode(self) -> None:
        for slot, frame in self._waiting:
            key = (slot - self._task.first) % self._task.segment == 0
            self._keep(self._encoder.encode(frame, slot, key=key))
        self._waiting.clear()

    def finish(self) -> Encoded:
        self._encode()
        self._keep(self._encoder.finish())
        if self._init is None:
            raise Faulty(f"{self._rendition.name}: the encoder gave nothing")
        part, init = self._init
        picture_ticks = init.timescale / self._task.rate
        if init.timescale != timescale(self._task.rate):
            raise Faulty(f"{part.name}: the muxer chose {init.timescale} ticks a second")
        self._check_count()
        check_video(part, self._pieces, int(self._task.first * picture_ticks), int(picture_ticks))
        return Encoded(
            rendition=self._rendition.name,
            init=publish(part, self._folder, f"{self._rendition.name}-init", "mp4", "video/mp4"),
            timescale=init.timescale,
            codecs=init.codecs,
            segments=tuple(self._segment(piece) for piece in self._pieces),
        )

    def _check_count(self) -> None:
        slots = self._task.last - self._task.first
        samples = sum(piece.samples for piece in self._pieces)
        segments = -(-slots // self._task.segment)
        if samples != slots or len(self._pieces) != segments:
            raise Faulty(
                f"{self._rendition.name}: {samples} pictures in {len(self._pieces)} segments, "
                f"expected {slots} in {segments}"
            )

    def _keep(self, made: Iterable[Init | Fragment]) -> None:
        for one in made:
            if isinstance(one, Init):
                name = f"{self._rendition.name}-init"
                self._init = set_aside(self._folder, name, one.data), one
            else:
                self._pieces.append(self._piece(one))

    def _piece(self, fragment: Fragment) -> Piece:
        return Piece(
            path=set_aside(self._folder, self._name(len(self._pieces)), fragment.data),
            sha256=hashlib.sha256(fragment.data).hexdigest(),
            start=fragment.start,
            duration=fragment.duration,
            samples=fragment.samples,
            key_bytes=fragment.key_bytes,
        )

    def _name(self, index: int) -> str:
        slot = self._task.first + index * self._task.segment
        return f"{self._rendition.name}-{slot:07d}"

    def _segment(self, piece: Piece) -> Segment:
        file = publish(piece.path, self._folder, piece.path.stem, "m4s", "video/iso.segment")
        if file.sha256 != piece.sha256:
            raise Faulty(f"{file.name}: the disk gave back other bytes than were written")
        return Segment(file, piece.start, piece.duration, piece.samples, piece.key_bytes)

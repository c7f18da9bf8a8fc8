"""Encode one span of a recording: every rendition, the pictures and the checks, from one decode."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from av.video.frame import VideoFrame

from encoders.artifact import publish, set_aside
from encoders.cmaf import Fragment, Init
from encoders.decode import Decoder, Shown
from encoders.h264 import Encoder, chunk_buffer, timescale
from encoders.pictures import SheetMaker, Watch, Watched, image_of, jpeg
from encoders.shape import Shaper, color_of, deinterlaced
from encoders.slots import Run, runs
from encoders.tasks import (
    Artifact,
    ChunkResult,
    ChunkTask,
    Encoded,
    Segment,
    Sheet,
    VideoRendition,
)
from encoders.verify import Faulty, Piece, check_jpeg, check_video

T = TypeVar("T")

BLOCK = 10
"""Pictures an encoder is given in a row: its code and data stay in the processor's caches, which
saves some 3 % of the CPU seconds of four encoders that take turns at every picture. All renditions
of a 720p ladder hold 2.5 MB a picture."""


class Costs:
    """CPU seconds of this thread by stage; within a stage another may claim its part."""

    def __init__(self) -> None:
        self._stage = "other"
        self._since = time.thread_time()
        self._spent = dict.fromkeys(("decode", "scale", "encode", "pictures", "other"), 0.0)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        around = self._enter(stage)
        try:
            yield
        finally:
            self._enter(around)

    def each(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """`items`, with the time each takes to come booked to `stage`."""
        iterator = iter(items)
        while True:
            with self.of(stage):
                item = next(iterator, None)
            if item is None:
                return
            yield item

    def total(self) -> dict[str, float]:
        self._enter(self._stage)
        return dict(self._spent)

    def _enter(self, stage: str) -> str:
        now, left = time.thread_time(), self._stage
        self._spent[left] += now - self._since
        self._since, self._stage = now, stage
        return left


class Progress:
    """Tells how much of the chunk is done; as a sign of life also while nothing is."""

    def __init__(self, task: ChunkTask, report: Callable[[float], None]) -> None:
        self._first, self._slots = task.first, task.last - task.first
        self._report = report
        self._done = 0.0

    def at(self, slot: int) -> None:
        self._done = (slot - self._first) / self._slots
        self.alive()

    def alive(self) -> None:
        self._report(self._done)


def encode_chunk(task: ChunkTask, report: Callable[[float], None]) -> ChunkResult:
    """Every file handed back was opened again before it got its name.

    `report` is told how much is done, 0 to 1. Raises Unreadable or OSError where the source or the
    folder fails, ValueError where the span holds not one picture, Faulty where an output is wrong.
    """
    costs, progress = Costs(), Progress(task, report)
    with closing(Decoder(task.source, progress.alive)) as decoder:
        shaper = Shaper(
            task.shape,
            ((one.width, one.height) for one in task.renditions),
            (decoder.width, decoder.height),
        )
        lanes = [Lane(task, rendition) for rendition in task.renditions]
        pictures = PictureLane(task)
        for run in _runs(task, decoder, costs):
            with costs.of("scale"):
                shaped = shaper.shaped(run.frame, decoder.sample_aspect)
            with costs.of("pictures"):
                pictures.add(run, shaped.base)
            with costs.of("encode"):
                for slot in range(run.first, run.last):
                    for lane in lanes:
                        lane.add(slot, shaped.scaled[lane.size])
                    progress.at(slot + 1)
        with costs.of("encode"):
            encoded = tuple(lane.finish() for lane in lanes)
        with costs.of("pictures"):
            sheet, poster, watched = pictures.finish()
        return ChunkResult(
            encoded=encoded,
            sheet=sheet,
            poster=poster,
            black=watched.black,
            still=watched.still,
            decoded=decoder.decoded,
            errors=decoder.errors,
            cpu=costs.total(),
        )


def _runs(task: ChunkTask, decoder: Decoder, costs: Costs) -> Iterator[Run]:
    pictures: Iterable[Shown] = costs.each("decode", decoder.pictures())
    if task.shape.deinterlace is not None:
        pictures = costs.each("scale", deinterlaced(pictures, task.shape.deinterlace))
    return runs(pictures, task.rate, task.first, task.last)


class Lane:
    """One rendition, from pictures to verified segments."""

    def __init__(self, task: ChunkTask, rendition: VideoRendition) -> None:
        self.size = rendition.width, rendition.height
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


class PictureLane:
    """Thumbnails, poster and checks, as far as the task asks for them."""

    def __init__(self, task: ChunkTask) -> None:
        self._task, self._color = task, color_of(task.shape)
        self._sheet = SheetMaker(task.thumbnails, self._color) if task.thumbnails else None
        self._poster: bytes | None = None
        self._watch = Watch(task.rate, task.first, task.last) if task.checks else None

    def add(self, run: Run, base: VideoFrame) -> None:
        if self._sheet is not None:
            self._sheet.add(run, base)
        poster = self._task.poster
        if poster is not None and run.first <= poster.frame < run.last:
            self._poster = jpeg(image_of(base, poster.width, poster.height, self._color))
        if self._watch is not None:
            self._watch.add(run, base)

    def finish(self) -> tuple[Sheet | None, Artifact | None, Watched]:
        watched = self._watch.result() if self._watch is not None else Watched((), ())
        return self._made_sheet(), self._made_poster(), watched

    def _made_sheet(self) -> Sheet | None:
        wanted = self._task.thumbnails
        if wanted is None or self._sheet is None:
            return None
        rows = -(-len(wanted.frames) // wanted.columns)
        size = wanted.columns * wanted.width, rows * wanted.height
        return Sheet(
            file=self._finish(f"{wanted.name}-{self._task.first:07d}", self._sheet.jpeg(), size),
            width=wanted.width,
            height=wanted.height,
            columns=wanted.columns,
            times=tuple(Fraction(slot) / self._task.rate for slot in wanted.frames),
        )

    def _made_poster(self) -> Artifact | None:
        wanted = self._task.poster
        if wanted is None:
            return None
        if self._poster is None:
            raise Faulty(f"slot {wanted.frame} of the poster is outside of the chunk")
        return self._finish(wanted.name, self._poster, (wanted.width, wanted.height))

    def _finish(self, name: str, data: bytes, size: tuple[int, int]) -> Artifact:
        folder = Path(self._task.folder)
        part = set_aside(folder, name, data)
        check_jpeg(part, *size)
        return publish(part, folder, name, "jpg", "image/jpeg")

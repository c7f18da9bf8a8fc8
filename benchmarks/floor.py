"""The encoders' own floor: `python -m benchmarks.floor TASK.json` prints CPU seconds.

The pictures of one chunk are decoded beforehand, a block at a time, and a bare loop scales them and
gives them to one x264 encoder a rendition, each with the farm's settings and one thread. Only the
CPU seconds of that loop count: no decoding, no checks, no muxing, no start of anything.
"""

import io
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import av
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from encoders import h264, wire
from encoders.decode import Decoder, Shown
from encoders.shape import Shaper, color_of, deinterlaced
from encoders.slots import Run, runs
from encoders.tasks import ChunkTask, VideoRendition

BLOCK = 50
"""Pictures decoded before they are encoded: some 70 MB at 720p."""


def floor(task: ChunkTask) -> float:
    """CPU seconds to scale and encode all renditions of a chunk, from decoded pictures."""
    encoders = {(one.width, one.height): _encoder(task, one) for one in task.renditions}
    decoder = Decoder(task.source)
    shaper = Shaper(task.shape, tuple(encoders), (decoder.width, decoder.height))
    pictures = _runs(task, decoder)
    spent = 0.0
    while block := list(islice(pictures, BLOCK)):
        # With one thread x264 works in the thread that calls it.
        began = time.thread_time()
        for run in block:
            scaled = shaper.shaped(run.frame, decoder.sample_aspect).scaled
            for slot in range(run.first, run.last):
                for size, stream in encoders.items():
                    _encode(stream, task, slot, scaled[size])
        spent += time.thread_time() - began
    decoder.close()
    began = time.thread_time()
    for stream in encoders.values():
        stream.encode(None)
    return spent + time.thread_time() - began


def _runs(task: ChunkTask, decoder: Decoder) -> Iterator[Run]:
    shown: Iterable[Shown] = decoder.pictures()
    if task.shape.deinterlace is not None:
        shown = deinterlaced(shown, task.shape.deinterlace)
    return runs(shown, task.rate, task.first, task.last)


def _encoder(task: ChunkTask, rendition: VideoRendition) -> VideoStream:
    """The farm's encoder, without the muxer around it: hence the module's own functions."""
    seconds = (task.last - task.first) / task.rate
    last = task.source.stop is None
    buffer = h264.chunk_buffer(rendition.maxrate, rendition.buffer, seconds, last=last)
    container = av.open(io.BytesIO(), "w", format="mp4")
    stream = h264._stream(container, rendition, color_of(task.shape), task.rate)
    stream.codec_context.options = h264._options(rendition, task.rate, task.segment, buffer)
    return stream


def _encode(stream: VideoStream, task: ChunkTask, slot: int, frame: VideoFrame) -> None:
    frame.pts, frame.time_base = slot, 1 / task.rate
    key = (slot - task.first) % task.segment == 0
    frame.pict_type = PictureType.I if key else PictureType.NONE
    stream.encode(frame)


if __name__ == "__main__":
    print(floor(wire.read(Path(sys.argv[1]), ChunkTask)))

"""Encode one span of a recording: every rendition, the pictures and the checks, from one decode."""

from collections.abc import Callable
from contextlib import closing

from encoders.branch import branches
from encoders.costs import Costs
from encoders.decode import Decoder
from encoders.lane import Lane
from encoders.picture_lane import PictureLane
from encoders.progress import Progress
from encoders.raster import RasterLane
from encoders.tasks import ChunkResult, ChunkTask


def encode_chunk(task: ChunkTask, report: Callable[[float], None]) -> ChunkResult:
    """Every file handed back was opened again before it got its name.

    `report` is told how much is done, 0 to 1. Raises Unreadable or OSError where the source or the
    folder fails, ValueError where the span holds not one picture, Faulty where an output is wrong.
    """
    costs, progress = Costs(), Progress(task, report)
    with closing(Decoder(task.source, progress.alive)) as decoder:
        lanes = [Lane(task, rendition) for rendition in task.renditions]
        rasters = [RasterLane(task, rendition) for rendition in task.rasters]
        pictures = PictureLane(task)
        ways = branches(task, decoder, lanes, rasters, pictures)
        for shown in costs.each("decode", decoder.pictures()):
            for way in ways:
                way.put(shown, costs, progress)
            if all(way.full for way in ways):
                break
        for way in ways:
            way.finish(costs, progress)
        with costs.of("encode"):
            encoded = tuple(lane.finish() for lane in lanes)
            pieces = tuple(lane.finish() for lane in rasters)
        with costs.of("pictures"):
            made = pictures.finish()
        return ChunkResult(
            encoded=encoded,
            rasters=pieces,
            changes=made.changes,
            sheet=made.sheet,
            poster=made.poster,
            black=made.black,
            still=made.still,
            decoded=decoder.decoded,
            errors=decoder.errors,
            cpu=costs.total(),
        )

"""The way of pictures from the decoder to the lanes: shaped once, put on every clock."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from encoders.costs import Costs
from encoders.decode import Decoder, Shown
from encoders.lane import Lane
from encoders.picture_lane import PictureLane
from encoders.progress import Progress
from encoders.raster import RasterLane, raster_slots
from encoders.shape import Deinterlacer, Shaped, Shaper
from encoders.slots import Run, Slots
from encoders.tasks import ChunkTask


class Clock:
    """The slots of one rate, and the lanes that are fed at it."""

    def __init__(
        self,
        slots: Slots,
        lanes: Sequence[Lane] | Sequence[RasterLane],
        pictures: PictureLane | None = None,
    ) -> None:
        self.slots = slots
        self._lanes = lanes
        self._pictures = pictures

    def feed(self, run: Run, shaped: Shaped, costs: Costs, progress: Progress) -> None:
        if self._pictures is not None:
            with costs.of("pictures"):
                self._pictures.add(run, shaped.base)
        with costs.of("encode"):
            for slot in range(run.first, run.last):
                for lane in self._lanes:
                    lane.add(slot, shaped.scaled[lane.target])
                progress.at((slot + 1) / self.slots.rate)


class Branch:
    """Pictures with their fields kept, or the two made one: each has a shaper of its own."""

    def __init__(
        self,
        decoder: Decoder,
        shaper: Shaper,
        deinterlacer: Deinterlacer | None,
        clocks: Sequence[Clock],
    ) -> None:
        self._decoder = decoder
        self._shaper = shaper
        self._deinterlacer = deinterlacer
        self._clocks = clocks

    @property
    def full(self) -> bool:
        """Whether no later picture is wanted."""
        return all(clock.slots.full for clock in self._clocks)

    def put(self, shown: Shown, costs: Costs, progress: Progress) -> None:
        pictures: Iterable[Shown] = (shown,)
        if self._deinterlacer is not None:
            pictures = costs.each("scale", self._deinterlacer.put(shown))
        self._place(pictures, costs, progress)

    def finish(self, costs: Costs, progress: Progress) -> None:
        """Raises ValueError where there was not one picture."""
        if self._deinterlacer is not None:
            self._place(costs.each("scale", self._deinterlacer.finish()), costs, progress)
        for clock in self._clocks:
            self._feed(clock, clock.slots.finish(), costs, progress)

    def _place(self, pictures: Iterable[Shown], costs: Costs, progress: Progress) -> None:
        for picture in pictures:
            for clock in self._clocks:
                self._feed(clock, clock.slots.put(picture), costs, progress)

    def _feed(self, clock: Clock, runs: Iterator[Run], costs: Costs, progress: Progress) -> None:
        for run in runs:
            with costs.of("scale"):
                shaped = self._shaper.shaped(run.frame, self._decoder.sample_aspect)
            clock.feed(run, shaped, costs, progress)


def branches(
    task: ChunkTask,
    decoder: Decoder,
    lanes: Sequence[Lane],
    rasters: Sequence[RasterLane],
    pictures: PictureLane,
) -> tuple[Branch, ...]:
    """Those that the lanes need: most recordings need one."""
    woven = [lane for lane in rasters if lane.fields is not None]
    whole = [lane for lane in rasters if lane.fields is None]
    clocks = [Clock(Slots(task.rate, task.first, task.last), lanes, pictures)]
    if not lanes and not pictures.wanted:
        clocks = []
    clocks += _raster_clocks(task, whole)
    size = decoder.width, decoder.height
    made = []
    if clocks:
        targets = [*(lane.target for lane in lanes), *(lane.target for lane in whole)]
        parity = task.shape.deinterlace
        deinterlacer = None if parity is None else Deinterlacer(parity)
        made.append(Branch(decoder, Shaper(task.shape, targets, size), deinterlacer, clocks))
    if woven:
        targets = [lane.target for lane in woven]
        shaper = Shaper(task.shape, targets, size, fields=task.shape.deinterlace)
        made.append(Branch(decoder, shaper, None, _raster_clocks(task, woven)))
    return tuple(made)


def _raster_clocks(task: ChunkTask, lanes: Sequence[RasterLane]) -> list[Clock]:
    rates = dict.fromkeys(lane.rate for lane in lanes)
    return [_raster_clock(task, rate, [one for one in lanes if one.rate == rate]) for rate in rates]


def _raster_clock(task: ChunkTask, rate: Fraction, lanes: Sequence[RasterLane]) -> Clock:
    return Clock(Slots(rate, *raster_slots(task, rate)), lanes)

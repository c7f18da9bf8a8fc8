"""Run what a plan still needs on the workers, and tell how far it is."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from encoders.product import Product
from farm.crew import Crew
from farm.encode import calls_of, gather, survey
from farm.errand import Outcome
from farm.errors import EncodeFailed
from farm.events import Emit, Encoded, Planned, Retried, Stage
from farm.package import Pieces
from farm.plan import Plan
from farm.products.model import Order
from farm.products.order import OrderItem, finished, order_calls, survey_orders
from farm.progress import StageProgress
from farm.sources import share
from farm.store import Store
from workers.errors import WorkerError
from workers.model import Call, Progress
from workers.model import Event as WorkerEvent
from workers.model import Failed as AttemptFailed
from workers.supervise import run


class Maker:
    """Makes one lesson's pieces and products; what the store has is kept."""

    def __init__(
        self, store: Store, crew: Crew, work: Path, emit: Emit, shown: str, lesson: str
    ) -> None:
        self._store = store
        self._crew = crew
        self._work = work
        self._emit = emit
        self._shown = shown
        self._lesson = lesson

    def pieces(self, plan: Plan, *, strict: bool = False) -> Pieces:
        """Everything the plan asks for, in the store. `strict`: what only serves to make products
        too, where it is gone. Raises EncodeFailed."""
        items = survey(self._store, self._lesson, plan, strict=strict)
        calls = calls_of(items, self._store, self._lesson, str(self._work))
        if not strict:
            self._emit(
                Planned(
                    recording=self._shown,
                    tasks=len(calls),
                    kept=sum(len(item.found) for item in items),
                    renditions=rendition_names(plan),
                )
            )
        if calls and self._crew.remote:
            for material in {one for item in items for one in item.work.materials}:
                share(self._store, material)
        outcomes = self._run(calls, Stage.ENCODE, float(plan.duration))
        if calls or not strict:
            self._emit(_encoded(self._shown, outcomes))
        return gather(items, outcomes)

    def products(
        self, orders: Sequence[Order], renew: Callable[[], object]
    ) -> tuple[tuple[Order, Product], ...]:
        """Every order with its product. `renew` makes the pieces again where a product is missing
        and its pieces have been dropped meanwhile. Raises EncodeFailed."""
        items = survey_orders(self._store, self._lesson, orders)
        missing = [item for item in items if item.found is None]
        if missing and not self._whole(missing):
            renew()
        calls = order_calls(items, self._store, self._lesson, str(self._work))
        outcomes = self._run(calls, Stage.PRODUCTS, sum(call.weight for call in calls))
        return finished(items, outcomes)

    def _whole(self, items: Sequence[OrderItem]) -> bool:
        wanted = {one.object for item in items for one in item.order.inputs}
        folders = {name.rpartition("/")[0] + "/" for name in wanted}
        there = {info.name for folder in folders for info in self._store.list(folder)}
        return wanted <= there

    def _run(self, calls: Sequence[Call], stage: Stage, seconds: float) -> Mapping[str, Outcome]:
        if not calls:
            return {}
        watch = _Watch(
            {call.key: call.weight for call in calls},
            StageProgress(self._emit, self._shown, stage, seconds),
            self._emit,
            self._shown,
        )
        pool = self._crew.pool(sum(call.weight for call in calls))
        try:
            return {done.key: done.value for done in run(pool, calls, on_event=watch.see)}
        except WorkerError as error:
            self._crew.close()
            raise EncodeFailed(f"{error}.") from error
        except BaseException:
            self._crew.close()
            raise


class _Watch:
    """Follows the calls of one recording: overall progress, and what had to be tried again."""

    def __init__(
        self, weights: Mapping[str, float], progress: StageProgress, emit: Emit, shown: str
    ) -> None:
        self._weights = weights
        self._total = sum(weights.values()) or 1.0
        self._done = dict.fromkeys(weights, 0.0)
        self._progress = progress
        self._emit = emit
        self._shown = shown

    def see(self, event: WorkerEvent) -> None:
        match event:
            case Progress():
                self._done[event.key] = event.done
            case AttemptFailed():
                self._done[event.key] = 0.0
                self._emit(Retried(recording=self._shown, task=event.key, reason=event.error))
            case _:
                self._done[event.key] = 1.0
        made = sum(self._weights[key] * done for key, done in self._done.items())
        self._progress.update(made / self._total)


def _encoded(shown: str, outcomes: Mapping[str, Outcome]) -> Encoded:
    cpu: Counter[str] = Counter()
    for outcome in outcomes.values():
        cpu.update(outcome.cpu)
    return Encoded(
        recording=shown,
        decoded=sum(outcome.decoded for outcome in outcomes.values()),
        errors=sum(outcome.errors for outcome in outcomes.values()),
        cpu=dict(cpu),
    )


def rendition_names(plan: Plan) -> tuple[str, ...]:
    task = plan.chunks[0].task if plan.chunks else None
    return (
        *(one.name for one in (task.renditions if task else ())),
        *(one.name for one in (task.rasters if task else ())),
        *(sound.name for sound in plan.audio),
        *(sound.name for sound in plan.sounds),
        *(text.name for text in plan.subtitles),
    )

"""Run what a plan still needs on the workers, and tell how far it is."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from encoders.product import Product
from farm.crew import Crew
from farm.encode import NOTHING, Item, calls_of, gather, survey
from farm.errand import Outcome
from farm.errors import EncodeFailed, NotFound
from farm.events import Emit, Encoded, Planned, Retried, Stage
from farm.notes import is_whole
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

Renew = Callable[[frozenset[str]], object]
"""Makes pieces again that were dropped meanwhile, by their names in the store."""


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

    def texts(self, plan: Plan) -> Pieces:
        """What `pieces` does, of a plan that has captions alone and nobody is told of: they are
        read before the rest is planned."""
        items = survey(self._store, self._lesson, plan)
        calls = self._ready(items)
        quiet = StageProgress(lambda _: None, self._shown, Stage.INSPECT)
        return gather(items, self._run(calls, quiet))

    def pieces(self, plan: Plan, needed: frozenset[str] = NOTHING) -> Pieces:
        """Everything the plan asks for, in the store; of what only serves to make products and is
        gone, what is `needed`, by names of objects. Raises EncodeFailed."""
        items = survey(self._store, self._lesson, plan, needed)
        calls = self._ready(items)
        if not needed:
            self._emit(
                Planned(
                    recording=self._shown,
                    tasks=len(calls),
                    kept=sum(len(item.found) for item in items),
                    renditions=rendition_names(plan),
                )
            )
        outcomes = self._run(calls, self._progress(Stage.ENCODE, float(plan.duration)))
        if calls or not needed:
            self._emit(_encoded(self._shown, outcomes))
        return gather(items, outcomes)

    def _ready(self, items: Sequence[Item]) -> tuple[Call, ...]:
        """What is still to be done, its files shared with whoever may do it."""
        missing = [item for item in items if item.missing]
        if self._crew.remote:
            for material in {one for item in missing for one in item.work.materials}:
                share(self._store, material)
        return calls_of(missing, self._store, self._lesson, str(self._work))

    def products(self, orders: Sequence[Order], renew: Renew) -> tuple[tuple[Order, Product], ...]:
        """Every order with its product. Raises EncodeFailed."""
        try:
            return self._products(orders, renew)
        except NotFound:
            # `farm collect` dropped a piece between the look and the work.
            return self._products(orders, renew)

    def _products(self, orders: Sequence[Order], renew: Renew) -> tuple[tuple[Order, Product], ...]:
        items = survey_orders(self._store, self._lesson, orders)
        gone = self._gone(item for item in items if item.found is None)
        if gone:
            renew(gone)
        calls = order_calls(items, self._store, self._lesson, str(self._work))
        weight = sum(call.weight for call in calls)
        outcomes = self._run(calls, self._progress(Stage.PRODUCTS, weight))
        return finished(items, outcomes)

    def _gone(self, items: Iterable[OrderItem]) -> frozenset[str]:
        """Objects that products are to be made of, and the store does not have any more."""
        wanted = {one for item in items for one in item.order.inputs}
        folders = {one.object.rpartition("/")[0] + "/" for one in wanted}
        sizes = {info.name: info.size for folder in folders for info in self._store.list(folder)}
        return frozenset(
            one.object for one in wanted if not is_whole(one.file, sizes.get(one.object))
        )

    def _progress(self, stage: Stage, seconds: float) -> StageProgress:
        return StageProgress(self._emit, self._shown, stage, seconds)

    def _run(self, calls: Sequence[Call], progress: StageProgress) -> Mapping[str, Outcome]:
        if not calls:
            return {}
        watch = _Watch(
            {call.key: call.weight for call in calls},
            progress,
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

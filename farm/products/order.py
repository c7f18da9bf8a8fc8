"""One product, made where a worker is: fetch the pieces, run the child, store what it made."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from encoders import wire
from encoders.product import Product
from farm.at_once import at_once
from farm.child import run_product
from farm.errand import Outcome, upload
from farm.errors import StoreError
from farm.keys import Part, product_part
from farm.notes import files_of, kept, read_note, write_note
from farm.places import media
from farm.products.model import Input, Order
from farm.store import Store, open_store
from farm.tools import tools_of
from workers.model import Call
from workers.workspace import workspace

FETCHES = 8
"""At once by one worker."""
LOOKUPS = 16
MARGIN = 3
"""Times the size of its pieces that a product needs on disk: the pieces, a stream of them laid
aside, and the product."""


@dataclass(frozen=True, slots=True)
class ProductErrand:
    """What a worker needs to know."""

    store: str
    """URL."""
    lesson: str
    task: Any
    inputs: tuple[Input, ...]
    part: Part
    work: str
    """Folder for workspaces on the worker's machine."""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """An order, and its product where it is finished."""

    order: Order
    part: Part
    found: Product | None


def survey_orders(store: Store, lesson: str, orders: Sequence[Order]) -> tuple[OrderItem, ...]:
    folder = media(lesson)
    sizes = {info.name.removeprefix(folder): info.size for info in store.list(folder)}

    def item(order: Order) -> OrderItem:
        part = product_part(order.task, tools_of(order.profile.kind))
        product = read_note(store, part, Product)
        whole = product is not None and kept(product, sizes)
        return OrderItem(order, part, product if whole else None)

    with at_once(LOOKUPS) as lookups:
        return tuple(lookups.map(item, orders))


def order_calls(
    items: Sequence[OrderItem], store: Store, lesson: str, work: str
) -> tuple[Call, ...]:
    return tuple(
        Call(
            key=item.order.name,
            function=perform_order,
            argument=ProductErrand(
                store.url, lesson, item.order.task, item.order.inputs, item.part, work
            ),
            weight=item.order.weight,
        )
        for item in items
        if item.found is None
    )


def perform_order(errand: ProductErrand, report: Callable[[float], None]) -> Outcome:
    """Do one errand."""
    store = open_store(errand.store)
    needed = MARGIN * sum(one.file.size for one in errand.inputs)
    with workspace(Path(errand.work), errand.part.key, needed=needed) as space:
        inputs, folder = space / "inputs", space / "made"
        for made in (inputs, folder):
            made.mkdir()
        fetch(store, errand.inputs, inputs)
        task = replace(errand.task, inputs=str(inputs), folder=str(folder))
        product = run_product(task, inputs, folder, report)
        upload(store, media(errand.lesson), folder, files_of(product))
        write_note(store, errand.part, product)
    return Outcome(((errand.part.key, wire.dumps(product)),), 0, 0, {})


def fetch(store: Store, inputs: Sequence[Input], folder: Path) -> None:
    """Raises NotFound where one is gone, StoreError where one is not what its name says."""

    def one(wanted: Input) -> None:
        path = folder / wanted.file.name
        store.fetch(wanted.object, path)
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wanted.file.sha256:
                raise StoreError(
                    f"{wanted.object} in {store.url} is damaged; remove it and run the same "
                    "command again."
                )

    with ThreadPoolExecutor(FETCHES) as fetches:
        list(fetches.map(one, dict.fromkeys(inputs)))


def finished(
    items: Sequence[OrderItem], outcomes: Mapping[str, Outcome]
) -> tuple[tuple[Order, Product], ...]:
    """Every order with its product: those found and those just made."""

    def product(item: OrderItem) -> Product:
        if item.found is not None:
            return item.found
        ((_, data),) = outcomes[item.order.name].pieces
        return wire.loads(data, Product)

    return tuple((item.order, product(item)) for item in items)

"""A capsule's work once more, on this machine: its files found by their hashes, the very same task
in the same sandbox under the same limits. Nothing is written but into the work folder."""

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from encoders import wire
from encoders.kinds import KINDS
from farm.capsule.model import BadCapsule, Capsule, Ingredient
from farm.capsule.written import AnyErrand, errand_of
from farm.child import Seen, judge, log_of, run_limited
from farm.errand import placed
from farm.errors import EncodeFailed, NotFound, StoreError
from farm.products.order import MARGIN, ProductErrand
from farm.store import Store
from workers.child import ChildExit
from workers.errors import WorkerError
from workers.workspace import workspace

SOURCES = "cache/sources/"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How it went."""

    error: str | None
    """As the attempts of the job would tell it; None where it succeeds."""
    ended: ChildExit
    log: str
    seconds: float
    """Wall clock."""


def replay(
    capsule: Capsule,
    given: Sequence[Path],
    store: Store,
    work: Path,
    report: Callable[[float], None],
) -> Replayed:
    """Run it again. `given`: files that may be among its inputs, known by their hashes.

    Raises BadCapsule where an input is nowhere to be found, or the work is not known here;
    WorkerError where there is no room to work.
    """
    errand = errand_of(capsule)
    needed = MARGIN * sum(one.size for one in capsule.inputs)
    with workspace(work, f"replay-{capsule.id}", needed=needed) as space:
        inputs, folder = space / "inputs", space / "made"
        for made in (inputs, folder):
            made.mkdir()
        found = _found(capsule.inputs, given, store, inputs)
        task, readable = _placed(errand, found, inputs, folder)
        return _run(task, capsule, readable, folder, report)


def _run(
    task: Any,
    capsule: Capsule,
    readable: Sequence[Path],
    folder: Path,
    report: Callable[[float], None],
) -> Replayed:
    seen = Seen(report)
    began = time.monotonic()
    ended = run_limited(task, capsule.limits, readable, folder, seen)
    try:
        judge(task, ended, seen.done)
        wire.read(folder / "RESULT.json", KINDS[type(task).__name__]().result)
    except (WorkerError, EncodeFailed) as error:
        why: str | None = str(error)
    else:
        why = None
    return Replayed(why, ended, log_of(ended, seen.done), time.monotonic() - began)


def _placed(
    errand: AnyErrand, found: Mapping[str, Path], inputs: Path, folder: Path
) -> tuple[Any, Sequence[Path]]:
    """The task with the paths of this machine, and what its child may read."""
    if not isinstance(errand, ProductErrand):
        local = {one.path: found[one.sha256] for one in errand.materials}
        return placed(errand.task, local, folder), tuple(set(local.values()))
    for one in dict.fromkeys(errand.inputs):
        # a product knows its pieces by their names in one folder
        shutil.copyfile(found[one.file.sha256], inputs / one.file.name)
    return replace(errand.task, inputs=str(inputs), folder=str(folder)), [inputs]


def _found(
    wanted: Sequence[Ingredient], given: Sequence[Path], store: Store, folder: Path
) -> dict[str, Path]:
    """Every input by its hash: one that was given, the one that is where it was, or the store's.

    Raises BadCapsule.
    """
    sizes = {one.size for one in wanted}
    by_hash = {_sha256(path): path for path in given if path.stat().st_size in sizes}
    return {
        one.sha256: by_hash.get(one.sha256) or _noted(one) or _fetched(one, store, folder)
        for one in wanted
    }


def _noted(wanted: Ingredient) -> Path | None:
    """The file at the path it was handed in from, where this is the machine and it is the file."""
    path = Path(wanted.name)
    try:
        same = path.is_absolute() and path.stat().st_size == wanted.size
        return path if same and _sha256(path) == wanted.sha256 else None
    except OSError:
        return None


def _fetched(wanted: Ingredient, store: Store, folder: Path) -> Path:
    path = folder / f"{wanted.sha256}.fetched"
    name = SOURCES + wanted.sha256 if Path(wanted.name).is_absolute() else wanted.name
    try:
        store.fetch(name, path)
    except NotFound:
        why = "is not there"
    except StoreError as error:
        why = f"cannot be had ({str(error).rstrip('.')})"
    else:
        if _sha256(path) == wanted.sha256:
            return path
        why = "is damaged"
    raise BadCapsule(
        f"{wanted.name} (SHA-256 {wanted.sha256[:12]}…) is no file that was given, nor where it "
        f"was, and {name} of {store.url} {why}; give the file with --recording."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

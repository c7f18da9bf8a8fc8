"""Capsules as files: an errand in, JSON out, and back.

A task's class is not in its JSON, so the errand holds it in the envelope a child is handed it in.
"""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from encoders import wire
from encoders.build import build_id, ffmpeg_version
from encoders.envelope import dump_task, load_task
from farm.capsule.model import FORMAT, MOST_LOG, BadCapsule, Capsule, Ingredient, Tried, Versions
from farm.child import limits_of
from farm.errand import Errand
from farm.estimate.kinds import kind_of
from farm.keys import Part
from farm.plan.model import Material
from farm.products.model import Input
from farm.products.order import ProductErrand

AnyErrand = Errand | ProductErrand


class _Media(msgspec.Struct, frozen=True, tag="media", tag_field="kind"):
    name: str
    store: str
    lesson: str
    materials: tuple[Material, ...]
    parts: tuple[Part, ...]
    kept: frozenset[str]
    task: msgspec.Raw


class _Product(msgspec.Struct, frozen=True, tag="product", tag_field="kind"):
    store: str
    lesson: str
    inputs: tuple[Input, ...]
    part: Part
    task: msgspec.Raw


def capsule_of(
    errand: AnyErrand,
    *,
    job: str,
    key: str,
    at: float,
    attempts: tuple[Tried, ...],
    error: str,
    log: str,
    node: str | None = None,
) -> Capsule:
    """What is kept of work that failed on every attempt.

    `error`: the last one, a sentence; `log`: as the exception carried it; `at`: epoch seconds.
    """
    return Capsule(
        format=FORMAT,
        id=hashlib.sha256(f"{job}\0{key}\0{at}".encode()).hexdigest()[:12],
        at=at,
        job=job,
        key=key,
        kind=kind_of(errand),
        lesson=errand.lesson,
        store=errand.store,
        errand=msgspec.Raw(wire.dumps(_plain(errand))),
        inputs=_ingredients(errand),
        node=node,
        attempts=attempts,
        error=error,
        log=log[-MOST_LOG:],
        versions=versions(),
        limits=limits_of(errand.task),
    )


def versions() -> Versions:
    """Of what works here."""
    return Versions(
        farm=version("courseware-farm"),
        build=build_id(),
        ffmpeg=ffmpeg_version(),
        python=platform.python_version(),
    )


def write_capsule(folder: Path, capsule: Capsule) -> Path:
    """Into `folder`, which is made where it is not there; for its owner's eyes only, as a log may
    tell names. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"capsule-{capsule.id}.json"
    aside = path.with_name(path.name + ".part")
    aside.touch(mode=0o600)
    aside.write_bytes(msgspec.json.format(wire.dumps(capsule), indent=1) + b"\n")
    aside.replace(path)
    return path


def read_capsule(path: Path) -> Capsule:
    """Raises BadCapsule where there is none, or it does not read."""
    try:
        capsule = wire.read(path, Capsule)
    except OSError as error:
        raise BadCapsule(f"{path} cannot be read ({error.strerror}); check its name.") from error
    except msgspec.DecodeError as error:
        raise BadCapsule(f"{path} is no failure capsule ({error}); give another file.") from error
    if capsule.format != FORMAT:
        raise BadCapsule(
            f"{path} has the format {capsule.format!r}, and this farm reads {FORMAT!r}; "
            "replay it with the farm it was made by."
        )
    return capsule


def errand_of(capsule: Capsule) -> AnyErrand:
    """The very errand that failed, but for folders and paths of the machine it failed on.

    Raises BadCapsule where this farm does not know such work.
    """
    try:
        known = msgspec.json.decode(bytes(capsule.errand), type=_Media | _Product)
        task: Any = load_task(bytes(known.task))
    except msgspec.DecodeError as error:
        raise BadCapsule(
            f"This farm does not know the work of the capsule ({error}); replay it with version "
            f"{capsule.versions.farm}, by which it was made."
        ) from error
    if isinstance(known, _Product):
        return ProductErrand(known.store, known.lesson, task, known.inputs, known.part, work="")
    return Errand(
        name=known.name,
        store=known.store,
        lesson=known.lesson,
        materials=known.materials,
        task=task,
        parts=known.parts,
        kept=known.kept,
        work="",
    )


def _plain(errand: AnyErrand) -> _Media | _Product:
    task = msgspec.Raw(dump_task(errand.task))
    if isinstance(errand, ProductErrand):
        return _Product(errand.store, errand.lesson, errand.inputs, errand.part, task)
    return _Media(
        errand.name, errand.store, errand.lesson, errand.materials, errand.parts, errand.kept, task
    )


def _ingredients(errand: AnyErrand) -> tuple[Ingredient, ...]:
    if isinstance(errand, ProductErrand):
        wanted = dict.fromkeys(errand.inputs)
        return tuple(Ingredient(one.object, one.file.sha256, one.file.size) for one in wanted)
    files = dict.fromkeys(errand.materials)
    return tuple(Ingredient(one.path, one.sha256, one.size) for one in files)

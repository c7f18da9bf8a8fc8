"""Lessons that wait for the office: released, sent back, or withdrawn. See docs/store.md.

Which release was approved is not known here: the office says it, by what it calls.
"""

from collections.abc import Callable
from dataclasses import replace

from farm.errors import Conflict, Unknown
from farm.lesson_pages import settle_page
from farm.players import settle
from farm.pointers import (
    read_current,
    read_pointers,
    replace_pointer,
    take_fence,
    tries,
)
from farm.publish import point_to
from farm.settings import read_settings
from farm.store import Store


def waiting_release(store: Store, lesson: str) -> int | None:
    """The release that waits to be approved; None where nothing does."""
    found = read_pointers(store, lesson).waiting
    return found.pointer.release if found else None


def release_to(
    store: Store, lesson: str, release: int, fence: int, *, checked: bool = False
) -> None:
    """Bring what leads to a lesson in line with a release: its pointer, the playlist for players,
    and its page. It, and what was held before it, waits no more. Again it changes nothing.

    `checked`: somebody has seen that its objects are there. Raises NotFound where there is no such
    release, Stale where the lesson's pointer has a higher fence, StoreError where it is not whole.
    """
    current = read_current(store, lesson)
    if current is None or current.pointer.void or current.pointer.release != release:
        point_to(store, lesson, release, fence, checked=checked)
    _settle(store, lesson)
    _decided(store, lesson, lambda held: held <= release)


def reject(store: Store, lesson: str, release: int) -> None:
    """It waits no more, where it is what waits; what is published stays. Its objects stay until
    they are collected."""
    _decided(store, lesson, lambda held: held == release)


def hide(store: Store, lesson: str, fence: int | None = None) -> None:
    """Nothing leads to the lesson any more: the playlist for players offers nothing, the page says
    that it was withdrawn, and `farm catalog` leaves it out. `release_to` shows it again.

    The pointer stays, with its fence and number, and is `void`: what the lesson has is kept and
    verified as before. Nothing is done for one that was never published. Raises Stale where its
    pointer has a higher fence than `fence`; None takes one.
    """
    for _ in tries(f"the pointer of {lesson}"):
        current = read_current(store, lesson)
        if current is None:
            return
        if current.pointer.void:
            _settle(store, lesson)
            return
        fence = take_fence(store, lesson) if fence is None else fence
        try:
            replace_pointer(store, replace(current.pointer, fence=fence, void=True), current)
        except (Conflict, Unknown):
            continue
    raise AssertionError("tries ends by raising")


def _settle(store: Store, lesson: str) -> None:
    settle(store, lesson)
    settle_page(store, lesson, read_settings(store).public_url)


def _decided(store: Store, lesson: str, about: Callable[[int], bool]) -> None:
    """`waiting.json` is void where it was decided `about` the release it names. It is never
    removed: that would be no conditional write, and would take along what is held meanwhile."""
    for _ in tries(f"what waits of {lesson}"):
        held = read_pointers(store, lesson).held
        if held is None or held.pointer.void or not about(held.pointer.release):
            return
        try:
            replace_pointer(store, replace(held.pointer, void=True), held, held=True)
        except (Conflict, Unknown):
            continue

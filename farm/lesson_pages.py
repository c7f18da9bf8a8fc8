"""`lessons/<lesson>/index.html`: the static page of a lesson, in line with its current release."""

from farm.errors import Conflict, Unknown
from farm.players import still
from farm.pointers import Current, folder_of, read_current, read_numbered, tries
from farm.store import Store, get_or_none
from manifests.lesson_page import lesson_page
from manifests.model import Text
from manifests.withdrawn import withdrawn_page


def settle_page(store: Store, lesson: str, url: str | None) -> None:
    """Bring the page in line with the pointer, whoever writes either meanwhile; nothing is done
    for a lesson that is not published.

    It is read before the pointer, so a write over that version of it cannot replace a newer one.
    """
    name = folder_of(lesson) + "index.html"
    for _ in tries(f"the page of {lesson}"):
        found = get_or_none(store, name)
        current = read_current(store, lesson)
        if current is None:
            return
        page = _page(store, lesson, current, url)
        data = page.text.encode()
        if found is not None and found.data == data:
            if still(store, lesson, current):
                return
            continue
        try:
            store.put(
                name,
                data,
                type=page.type,
                if_absent=found is None,
                if_match=found.tag if found else None,
            )
        except (Conflict, Unknown):
            continue


def _page(store: Store, lesson: str, current: Current, url: str | None) -> Text:
    if current.pointer.void:
        return withdrawn_page(lesson)
    return lesson_page(read_numbered(store, lesson, current.pointer.release)[0], url)

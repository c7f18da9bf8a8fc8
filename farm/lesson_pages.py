"""`lessons/<lesson>/index.html`: the static page of a lesson, in line with its current release."""

from farm.errors import Conflict, NotFound, Unknown
from farm.pointers import folder_of, read_current, read_numbered, tries
from farm.store import Store
from manifests.lesson_page import lesson_page


def settle_page(store: Store, lesson: str, url: str | None) -> None:
    """Bring the page in line with the pointer, whoever writes either meanwhile; nothing is done
    for a lesson that is not published.

    It is read before the pointer, so a write over that version of it cannot replace a newer one.
    """
    name = folder_of(lesson) + "index.html"
    for _ in tries(f"the page of {lesson}"):
        try:
            found = store.get(name)
        except NotFound:
            found = None
        current = read_current(store, lesson)
        if current is None:
            return
        release, _sha256 = read_numbered(store, lesson, current.pointer.release)
        page = lesson_page(release, url)
        data = page.text.encode()
        if found is not None and found.data == data:
            again = read_current(store, lesson)
            if again is not None and again.pointer == current.pointer:
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

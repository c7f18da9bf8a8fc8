"""What people said of a lesson stays said when its recording is handed in again without it."""

from dataclasses import replace

from farm.model import Category, Recording
from farm.pointers import read_current, read_numbered
from farm.store import Store
from manifests.model import CatalogEntry


def remembered(store: Store, recording: Recording) -> Recording:
    """The recording with what is not said of it now as the current release has it.

    Its date too: the same bytes copied again later are the same lesson.
    """
    current = read_current(store, recording.lesson)
    if current is None:
        return recording
    release, _ = read_numbered(store, recording.lesson, current.pointer.release)
    return _completed(recording, release.entry)


def _completed(recording: Recording, known: CatalogEntry) -> Recording:
    said = recording.metadata
    metadata = replace(
        said,
        title=said.title or known.title,
        category=said.category or Category(known.category),
        course=known.course if said.course is None else said.course,
    )
    return replace(recording, date=known.published, metadata=metadata)

"""A course's DVDs, written where a person takes them from."""

from collections.abc import Sequence
from pathlib import Path

from farm.disc.computer import Progress, label_of
from farm.disc.course import dvd_lessons
from farm.disc.dvd import Course, MadeDisc, make_discs
from farm.disc.handout import hand_out, move_out
from farm.disc.names import safe_name
from farm.disc.shelf import Shelved
from farm.store import Store
from workers.workspace import workspace


def hand_out_dvds(
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    *,
    standard: str | None,
    capacity: int | None,
    out: Path,
    progress: Progress,
) -> tuple[Path, ...]:
    """Returns what was written into `out`: images with their sums, labels and contents sheets.

    `standard` and `capacity` as of `dvd_lessons` and `make_discs`, and raises as they do.
    """
    lessons = dvd_lessons(shelf, course, standard=standard)
    said = Course(course, label_of(course))
    written: list[Path] = []
    with workspace(out / ".work", "dvd") as work:
        made = make_discs(store, said, lessons, work=work, progress=progress, capacity=capacity)
        for disc in made:
            written += _handed_out(course, disc, out)
    return tuple(written)


def _handed_out(course: str, disc: MadeDisc, out: Path) -> list[Path]:
    which = f" {disc.number}-{disc.discs}" if disc.discs > 1 else ""
    stem = f"{safe_name(course, 40)} DVD{which}"
    image, *others = disc.product.files
    written = [hand_out(disc.folder / image.file.name, out / f"{stem}.iso")]
    for one in others:
        made = disc.folder / one.file.name
        if one.role != "sha256":  # it is of the image's name in the store
            written.append(move_out(made, out / f"{stem} {one.role}{made.suffix}"))
    return written

"""A course's DVDs, written where a person takes them from."""

from collections.abc import Sequence
from pathlib import Path

from encoders.dvd.limits import DVD_R
from farm.disc.computer import label_of
from farm.disc.course import dvd_lessons
from farm.disc.dvd import Course, MadeDisc, make_discs
from farm.disc.handout import MadeSet, Progress, disc_file, hand_out, move_out, work_beside
from farm.disc.names import safe_name
from farm.disc.shelf import Shelved, releases_of
from farm.store import Store
from manifests.model import Disc, DiscSet


def hand_out_dvds(
    store: Store,
    course: str,
    shelf: Sequence[Shelved],
    *,
    standard: str | None,
    capacity: int | None,
    out: Path,
    progress: Progress,
) -> MadeSet:
    """Written into `out`: images with their sums, labels and contents sheets.

    `standard` and `capacity` as of `dvd_lessons` and `make_discs`, and raises as they do.
    """
    lessons = dvd_lessons(shelf, course, standard=standard)
    said = Course(course, label_of(course))
    room = capacity or DVD_R
    discs: list[Disc] = []
    sources: dict[str, Path | bytes] = {}
    written: list[Path] = []
    with work_beside(out, "dvd") as work:
        made = make_discs(store, said, lessons, work=work, progress=progress, capacity=room)
        for disc in made:
            files = tuple(disc_file(one.role, one.file) for one in disc.product.files)
            discs.append(Disc(releases_of(shelf, disc.lessons), room, files))
            found = _handed_out(course, disc, out)
            sources.update((file.object.path, one) for file, one in zip(files, found, strict=True))
            written += (one for one in found if isinstance(one, Path))
    return MadeSet(DiscSet("dvd", tuple(discs)), sources, tuple(written))


def _handed_out(course: str, disc: MadeDisc, out: Path) -> list[Path | bytes]:
    """Of each of its files, where it is now; the sum is of the image's name in the store alone."""
    which = f" {disc.number}-{disc.discs}" if disc.discs > 1 else ""
    stem = f"{safe_name(course, 40)} DVD{which}"
    found: list[Path | bytes] = []
    for one in disc.product.files:
        made = disc.folder / one.file.name
        match one.role:
            case "main":
                found.append(hand_out(made, out / f"{stem}.iso"))
            case "sha256":
                found.append(made.read_bytes())
            case role:
                found.append(move_out(made, out / f"{stem} {role}{made.suffix}"))
    return found

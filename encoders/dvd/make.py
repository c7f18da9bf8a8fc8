"""One disc: streams, menus, dvdauthor, the image, its checksum, and what is printed for it."""

import shutil
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from hashlib import sha256
from pathlib import Path

from encoders import wire
from encoders.artifact import finish, publish
from encoders.dvd import image
from encoders.dvd.author import author_menu, author_title
from encoders.dvd.chapters import chapters_of
from encoders.dvd.limits import FORMATS, MOST_CAPTIONS, MOST_SOUNDS, MOST_TITLES, WIDTHS
from encoders.dvd.menus import Page, chapter_pages, course_pages, home_of
from encoders.dvd.mux import Muxed, mux
from encoders.dvd.paper import contents_pdf, label_pdf
from encoders.dvd.stills import make_menu
from encoders.dvd.subtitles import add_captions
from encoders.dvd.task import DvdParts, DvdTask, DvdTitle
from encoders.product import Product, ProductFile
from encoders.tasks import Artifact
from encoders.verify import Faulty

_CODECS = {"ac3": "AC-3", "mp2": "MP2"}
_AUTHORED, _IMAGED = 0.7, 0.8
"""Shares of the whole that are done by then, for the progress report."""


def make_dvd(task: DvdTask, report: Callable[[float], None]) -> Product:
    """The ISO, its checksum, the label and the contents. `report`: how much is done, 0 to 1.

    Raises ValueError where the parts are not a DVD's, Faulty where a program refuses them, what is
    read back is not what was put in, or the disc is fuller than its medium.
    """
    check_task(task)
    folder = Path(task.folder)
    work = folder / f"{task.name}-work"
    disc = work / "disc"
    disc.mkdir(parents=True)
    muxed = _titles(task, work, disc, report)
    pages = course_pages(task)
    menus = [_menu(task, page, work, f"menu-{n}") for n, page in enumerate(pages)]
    author_menu(task, menus, pages, disc)
    report(_AUTHORED)
    iso = folder / f"{task.name}.part"
    image.build(task, disc, iso, _digits(task), lambda: report(_AUTHORED))
    report(_IMAGED)
    shutil.rmtree(work)
    image.check(
        iso,
        [len(chapters_of(one.parts)) for one in task.titles],
        muxed,
        lambda done: report(_IMAGED + (1 - _IMAGED) * done),
    )
    size = iso.stat().st_size
    if size > task.capacity:
        iso.unlink()
        raise Faulty(f"the disc takes {size:,} bytes of the {task.capacity:,} there are")
    made = publish(iso, folder, task.name, "iso", "application/vnd.efi.iso")
    return _product(task, made, muxed)


def check_task(task: DvdTask) -> None:
    """Raises ValueError where a DVD cannot hold what is wanted."""
    if not 1 <= len(task.titles) <= MOST_TITLES:
        raise ValueError(f"A DVD holds 1 to {MOST_TITLES} lessons, not {len(task.titles)}")
    standards = {title.parts.standard for title in task.titles}
    if len(standards) > 1:
        raise ValueError("A DVD is PAL or NTSC: its lessons cannot be of both")
    for title in task.titles:
        fault = _fault(title.parts)
        if fault:
            raise ValueError(f"{title.parts.title!r} does not fit a DVD: {fault}")


def _fault(parts: DvdParts) -> str | None:
    if parts.standard not in FORMATS:
        return f"{parts.standard!r} is neither pal nor ntsc"
    rate, lines, gop = FORMATS[parts.standard]
    if parts.rate != rate:
        return f"{parts.rate} pictures a second, not {rate}"
    if parts.width not in WIDTHS or (
        parts.height != lines and (parts.width, parts.height * 2) != (352, lines)
    ):
        return f"a raster of {parts.width}x{parts.height}"
    if any(one.pictures > gop for piece in parts.qualities[0] for one in piece.gops):
        return f"groups of more than {gop} pictures"
    for one in parts.sounds:
        if one.sound.codec not in _CODECS or one.sound.sample_rate != 48_000:
            return f"{one.sound.codec} of {one.sound.sample_rate} Hz, not AC-3 or MP2 of 48000 Hz"
    if len(parts.sounds) > MOST_SOUNDS or len(parts.captions) > MOST_CAPTIONS:
        return f"{len(parts.sounds)} tracks of sound and {len(parts.captions)} of captions"
    return None


def _titles(
    task: DvdTask, work: Path, disc: Path, report: Callable[[float], None]
) -> tuple[Muxed, ...]:
    """One after the other, so that only one stream lies beside the disc at a time."""
    muxed = []
    whole = sum(title.parts.duration for title in task.titles)
    before = Fraction(0)
    for number, title in enumerate(task.titles, 1):
        share = partial(_share, report, before / whole, title.parts.duration / whole)
        muxed.append(_title(task, title, number == len(task.titles), work, disc, share))
        before += title.parts.duration
    return tuple(muxed)


def _share(report: Callable[[float], None], before: Fraction, share: Fraction, done: float) -> None:
    report(_AUTHORED * float(before + share * Fraction(done)))


def _title(
    task: DvdTask,
    title: DvdTitle,
    last: bool,
    work: Path,
    disc: Path,
    report: Callable[[float], None],
) -> Muxed:
    stream = work / "title.mpg"
    muxed = mux(title, Path(task.inputs), stream, report)
    add_captions(title.parts, Path(task.inputs), stream, lambda: report(1.0))
    pages = chapter_pages(title, home_of(task))
    menus = [_menu(task, page, work, f"chapters-{n}") for n, page in enumerate(pages)]
    author_title(task, title, last, menus, pages, stream, disc, lambda: report(1.0))
    for path in (stream, *menus):
        path.unlink()
    return muxed


def _menu(task: DvdTask, page: Page, work: Path, name: str) -> Path:
    return make_menu(page, task.titles[0].parts.standard, Path(task.inputs), work, name)


def _digits(task: DvdTask) -> str:
    """Of what is on the disc, not of where it is made."""
    shown = (task.label, task.course, task.number, task.discs, task.titles)
    return sha256(wire.dumps(shown)).hexdigest()[:16]


def _product(task: DvdTask, iso: Artifact, muxed: tuple[Muxed, ...]) -> Product:
    folder = Path(task.folder)
    check = f"{iso.sha256}  {iso.name}\n".encode()
    label = label_pdf(task)
    contents = contents_pdf(task, iso)
    files = (
        ProductFile("main", iso),
        ProductFile("sha256", finish(folder, task.name, "sha256", check, "text/plain")),
        ProductFile("label", finish(folder, f"{task.name}-label", "pdf", label, "application/pdf")),
        ProductFile(
            "contents",
            finish(folder, f"{task.name}-contents", "pdf", contents, "application/pdf"),
        ),
    )
    codecs = dict.fromkeys(
        _CODECS[one.sound.codec] for title in task.titles for one in title.parts.sounds
    )
    return Product(
        files=files,
        duration=sum((title.parts.duration for title in task.titles), Fraction(0)),
        codecs=("MPEG-2", *codecs),
        measured={
            "iso_bytes": iso.size,
            "filled_percent": round(100 * iso.size / task.capacity, 3),
            "titles": len(task.titles),
            "gops_coarsened": sum(one.coarsened for one in muxed),
        },
    )

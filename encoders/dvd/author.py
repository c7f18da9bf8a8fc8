"""What dvdauthor is told: titles, chapters, menus, and the way between them.

Every lesson is a title set of its own, as its shape, sound and captions may be its own. Players
have registers; of these the disc uses g1, 1 while all lessons are played in a row; g2, the lesson
to play next, or 0; and g3, the page of the disc's menu the viewer was on.

A title cannot jump to one of another title set. It calls the home menu, which shows nothing, and
jumps to lesson g2, or back to page g3.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from encoders.dvd.chapters import chapters_of
from encoders.dvd.menus import Page, home_of
from encoders.dvd.programs import run
from encoders.dvd.task import DvdTask, DvdTitle

_JUMPS = 30
"""Lessons one home menu can tell apart: a menu's commands are 128 at most, and each takes four."""
_AFTER = 0.02
"""Seconds added to where a chapter begins, that a rounded time does not fall before it."""
_TWO_LETTERS = {"cmn": "zh", "yue": "zh", "wuu": "zh", "nan": "zh", "hak": "zh", "zho": "zh"}
"""DVDs know languages of two letters (ISO 639-1)."""
_HARMLESS = ("attributes not fully known", "maximum audio stream", "has no chapters")


def author_title(
    task: DvdTask,
    title: DvdTitle,
    last: bool,
    menus: Sequence[Path],
    pages: Sequence[Page],
    stream: Path,
    disc: Path,
    alive: Callable[[], None],
) -> None:
    """Add a title set to `disc`; they have to come in order. Raises Faulty as `run` does."""
    control = stream.with_suffix(".xml")
    control.write_text(title_xml(task, title, last, menus, pages, stream), encoding="utf-8")
    _dvdauthor(task, control, disc, alive)


def author_menu(task: DvdTask, menus: Sequence[Path], pages: Sequence[Page], disc: Path) -> None:
    """Add the disc's own menu, the table of all titles, and where a player begins."""
    control = menus[0].with_suffix(".xml")
    control.write_text(menu_xml(task, menus, pages), encoding="utf-8")
    _dvdauthor(task, control, disc, lambda: None)


def _dvdauthor(task: DvdTask, control: Path, disc: Path, alive: Callable[[], None]) -> None:
    command = ["dvdauthor", "-o", str(disc), "-x", str(control)]
    standard = task.titles[0].parts.standard
    run(command, disc.parent, standard, harmless=_HARMLESS, alive=alive)
    control.unlink()


def title_xml(
    task: DvdTask,
    title: DvdTitle,
    last: bool,
    menus: Sequence[Path],
    pages: Sequence[Page],
    stream: Path,
) -> str:
    home, parts = home_of(task), title.parts
    number = 1 + task.titles.index(title)
    starts = ",".join(
        f"{float(one.start) + _AFTER * (n > 0):.3f}" for n, one in enumerate(chapters_of(parts))
    )
    after = "g1 = 0; g2 = 0;" if last else f"if (g1 eq 1) g2 = {number + 1}; else g2 = 0;"
    root = (
        _menus(menus, pages, 'entry="root"', task)
        if pages
        else (f'<pgc entry="root"><pre>g2 = 0; jump vmgm menu {home};</pre></pgc>')
    )
    sounds = "".join(f"<audio{_language(one.language)}/>" for one in parts.sounds)
    captions = "".join(f"<subpicture{_language(one.language)}/>" for one in parts.captions)
    wide = ' widescreen="nopanscan"' if parts.aspect > 1.5 else ""
    return f"""<dvdauthor jumppad="no" provider="COURSEWARE FARM"><titleset>
<menus>{root}</menus>
<titles><video format="{parts.standard}" aspect="{_aspect(parts.aspect)}"{wide}/>
{sounds}{captions}
<pgc><pre>g2 = 0;</pre><vob file={quoteattr(str(stream))} chapters="{starts}"/>
<post>{after} call vmgm menu {home};</post></pgc></titles>
</titleset></dvdauthor>
"""


def menu_xml(task: DvdTask, menus: Sequence[Path], pages: Sequence[Page]) -> str:
    home = home_of(task)
    return f"""<dvdauthor jumppad="no" provider="COURSEWARE FARM"><vmgm>
<fpc>g1 = 0; g2 = 0; g3 = 1; jump vmgm menu 1;</fpc>
<menus>{_menus(menus, pages, 'entry="title"', task, "g1 = 0; g2 = 0; g3 = {};")}
{_homes(len(task.titles), home, len(pages))}</menus>
</vmgm></dvdauthor>
"""


def _menus(
    menus: Sequence[Path], pages: Sequence[Page], entry: str, task: DvdTask, before: str = ""
) -> str:
    format = task.titles[0].parts.standard
    found = [f'<video format="{format}" aspect="4:3"/>']
    for n, (path, page) in enumerate(zip(menus, pages, strict=True), 1):
        buttons = "".join(
            f"<button name={quoteattr(one.name)}>{one.command}</button>" for one in page.buttons
        )
        pre = f"<pre>{before.format(n)}</pre>" if before else ""
        found.append(
            f"<pgc {entry if n == 1 else ''}>{pre}"
            f'<vob file={quoteattr(str(path))} pause="inf"/>{buttons}</pgc>'
        )
    return "\n".join(found)


def _homes(titles: int, home: int, pages: int) -> str:
    """A menu for every so many lessons; each but the last leads on to the next."""
    found = []
    for n, first in enumerate(range(1, titles + 1, _JUMPS)):
        last = min(titles, first + _JUMPS - 1)
        jumps = "".join(f"if (g2 eq {k}) jump title {k};" for k in range(first, last + 1))
        if last < titles:
            jumps += f"jump vmgm menu {home + n + 1};"
        else:
            jumps += "".join(f"if (g3 eq {k}) jump vmgm menu {k};" for k in range(2, pages + 1))
            jumps += "jump vmgm menu 1;"
        found.append(f"<pgc><pre>{jumps}</pre></pgc>")
    return "\n".join(found)


def _aspect(aspect: object) -> str:
    return "4:3" if str(aspect) == "4/3" else "16:9"


def _language(tag: str) -> str:
    primary = tag.split("-")[0].lower()
    two = _TWO_LETTERS.get(primary, primary)
    return f' lang="{two}"' if len(two) == 2 else ""

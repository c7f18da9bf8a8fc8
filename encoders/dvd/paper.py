"""What is printed for a disc: a label to stick or print on it, and a sheet of its contents."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from encoders.captions.fonts import MissingFont
from encoders.dvd.chapters import chapters_of
from encoders.dvd.menus import length, moment
from encoders.dvd.ring import Line, name_lines, title_lines
from encoders.dvd.task import DvdTask, DvdTitle
from encoders.tasks import Artifact

_FOLDER = Path("/usr/share/fonts/opentype/noto")
_FONTS = {"": "NotoSansCJK-Regular.ttc", "B": "NotoSansCJK-Bold.ttc"}
_SIMPLIFIED = 2  # of the languages in Noto's collections: Japanese, Korean, Simplified Chinese...

_PINE, _INK, _MUTED, _LINE, _MINT = (
    (18, 74, 48),
    (31, 42, 36),
    (104, 117, 109),
    (196, 208, 200),
    (232, 243, 235),
)
_OUTER, _INNER = 116.0, 41.0
"""Millimetres across: what may be printed of a disc of 120 mm, and what stays free at its hub."""


def label_pdf(task: DvdTask) -> bytes:
    """A ring of 120 mm in the middle of an A4 sheet, to be cut out or printed on. MissingFont."""
    pdf = _sheet(f"{task.course} {task.number}/{task.discs}")
    pdf.add_page()
    x, y = 105.0, 100.0
    _ring(pdf, x, y)
    pdf.set_text_color(*_PINE)
    _placed(pdf, x, y, name_lines(task.course, partial(_width, pdf, "B")), "B")
    pdf.set_text_color(*_INK)
    rows = [f"{one.number}  {one.parts.title}" for one in task.titles]
    _placed(pdf, x, y, title_lines(rows, partial(_width, pdf, "")), "")
    disc = f"第 {task.number} 张 共 {task.discs} 张    Disc {task.number} of {task.discs}"
    first, last = task.titles[0], task.titles[-1]
    _centred(pdf, x, y + 37, 68, 8.5, disc, "B")
    _centred(pdf, x, y + 41, 60, 7.5, _span(first, last))
    _centred(pdf, x, y + 44.6, 50, 7.5, task.base)
    _centred(pdf, x, y + 48.2, 40, 6.5, f"DVD-Video {first.parts.standard.upper()}    {task.date}")
    pdf.set_text_color(*_MUTED)
    note = "按 100% 打印，沿外圈裁切  Print at 100 %, cut along the outer ring"
    _centred(pdf, x, y + 72, 180, 8, note)
    return bytes(pdf.output())


def _span(first: DvdTitle, last: DvdTitle) -> str:
    if first is last:
        return f"第 {first.number} 课  Lesson {first.number}"
    return f"第 {first.number}–{last.number} 课  Lessons {first.number}–{last.number}"


def _ring(pdf: FPDF, x: float, y: float) -> None:
    """The printed face, the hub that stays free, and the disc's own edge and hole to cut along."""
    pdf.set_draw_color(*_LINE)
    pdf.set_line_width(0.2)
    pdf.circle(x, y, 60)
    pdf.set_fill_color(*_MINT)
    pdf.circle(x, y, _OUTER / 2, style="F")
    pdf.set_draw_color(*_PINE)
    pdf.set_line_width(1.2)
    pdf.circle(x, y, _OUTER / 2 - 1.6)
    pdf.set_fill_color(255, 255, 255)
    pdf.set_line_width(0.4)
    pdf.circle(x, y, _INNER / 2, style="FD")
    pdf.set_draw_color(*_LINE)
    pdf.set_line_width(0.2)
    pdf.circle(x, y, 7.5)


def _placed(pdf: FPDF, x: float, y: float, lines: Iterable[Line], style: str) -> None:
    """About the middle of the disc."""
    pdf.c_margin = 0
    for line in lines:
        pdf.set_font("Noto", style, line.size)
        pdf.set_xy(x + line.x, y + line.y)
        pdf.cell(line.width, line.height, line.text, align=line.align)


def _width(pdf: FPDF, style: str, text: str, size: float) -> float:
    pdf.set_font("Noto", style, size)
    return pdf.get_string_width(text)


def contents_pdf(task: DvdTask, iso: Artifact) -> bytes:
    """A4: every lesson with its number, length and chapters, and how to check the image."""
    pdf = _sheet(f"{task.course} {task.number}/{task.discs}")
    pdf.set_margins(20, 18)
    pdf.set_auto_page_break(True, 20)
    pdf.add_page()
    pdf.set_text_color(*_PINE)
    pdf.set_font("Noto", "B", 20)
    pdf.multi_cell(0, 10, task.course, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_text_color(*_MUTED)
    pdf.set_font("Noto", "", 10)
    disc = f"第 {task.number} 张，共 {task.discs} 张  Disc {task.number} of {task.discs}"
    standard = f"DVD-Video {task.titles[0].parts.standard.upper()}"
    whole = sum(
        (one.parts.duration for one in task.titles), start=task.titles[0].parts.duration * 0
    )
    facts = [task.base, disc, standard, f"总时长 Total {length(whole)}", task.date]
    pdf.multi_cell(0, 6, "    ".join(filter(None, facts)), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(3)
    for title in task.titles:
        _listed(pdf, title)
    pdf.ln(4)
    pdf.set_text_color(*_MUTED)
    pdf.set_font("Noto", "", 7.5)
    text = f"映像 Image  {iso.size:,} bytes\nSHA-256  {iso.sha256}"
    pdf.multi_cell(0, 4.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(pdf.output())


def _listed(pdf: FPDF, title: DvdTitle) -> None:
    """A lesson is not parted from its first chapters."""
    if pdf.get_y() > pdf.h - 50:
        pdf.add_page()
    pdf.set_draw_color(*_LINE)
    pdf.line(20, pdf.get_y(), 190, pdf.get_y())
    pdf.ln(1.5)
    pdf.set_text_color(*_INK)
    pdf.set_font("Noto", "B", 12)
    top = pdf.get_y()
    pdf.cell(12, 7, str(title.number))
    pdf.multi_cell(134, 7, title.parts.title, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    bottom = pdf.get_y()
    pdf.set_xy(166, top)
    pdf.set_font("Noto", "", 10)
    pdf.cell(24, 7, length(title.parts.duration), align="R")
    pdf.set_xy(20, bottom)
    chapters = chapters_of(title.parts)
    pdf.set_text_color(*_MUTED)
    pdf.set_font("Noto", "", 9)
    for number, chapter in enumerate(chapters, 1) if len(chapters) > 1 else ():
        pdf.set_x(32)
        pdf.cell(8, 5, str(number))
        pdf.cell(18, 5, moment(chapter.start))
        pdf.cell(132, 5, _cut(pdf, chapter.title, 130), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(2)


def _sheet(title: str) -> FPDF:
    """Without the time it was made at: the same disc gives the same bytes."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
    pdf.set_title(title)
    pdf.set_producer("")
    pdf.set_auto_page_break(False)
    for style, name in _FONTS.items():
        if not (_FOLDER / name).is_file():
            raise MissingFont("no Chinese font found: install the Debian package fonts-noto-cjk")
        pdf.add_font("Noto", style, _FOLDER / name, collection_font_number=_SIMPLIFIED)
    return pdf


def _centred(
    pdf: FPDF, x: float, y: float, room: float, size: float, text: str, style: str = ""
) -> None:
    pdf.set_font("Noto", style, size)
    pdf.set_xy(x - room / 2, y)
    pdf.cell(room, size * 0.46, _cut(pdf, text, room), align="C")


def _cut(pdf: FPDF, text: str, room: float) -> str:
    if pdf.get_string_width(text) <= room - 2:
        return text
    while text and pdf.get_string_width(text + "…") > room - 2:
        text = text[:-1]
    return text.rstrip() + "…"

"""The schedule of a channel, for people, programs and spreadsheets."""

import csv
import io
import json
import sys
from datetime import timedelta

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from farm.budget import Budget, Show
from farm.cli.plainly import counted

COLUMNS = (
    "date 日期",
    "start 开始",
    "end 结束",
    "lesson 课程",
    "course 系列",
    "service 频道",
    "showing 次数",
    "share 占比",
)

_RARE = (4, 6)
"""Columns of the table that are left out where they say the same of every lesson."""


def _cells(show: Show) -> tuple[str, ...]:
    return (
        show.start.date().isoformat(),
        show.start.strftime("%H:%M:%S"),
        "24:00:00" if _ends_the_day(show) else show.stop.strftime("%H:%M:%S"),
        show.wanted.title,
        show.wanted.course or "",
        str(show.service),
        str(show.showing),
        f"{float(show.share):.1%}",
    )


def _ends_the_day(show: Show) -> bool:
    midnight = show.stop.hour == show.stop.minute == show.stop.second == 0
    return midnight and show.stop.date() == show.start.date() + timedelta(days=1)


def show_schedule(made: Budget) -> None:
    console = Console(highlight=False)
    rows = [_cells(show) for show in made.shows]
    shown = [n for n in range(len(COLUMNS)) if n not in _RARE or len({row[n] for row in rows}) > 1]
    table = Table(title="schedule 播出安排", title_justify="left")
    for n in shown:
        table.add_column(COLUMNS[n].replace(" ", "\n"))
    for row in rows:
        table.add_row(*(escape(row[n]) for n in shown))
    if made.shows:
        console.print(table)
    console.print(
        f"{counted(made.services, 'service')} side by side 并行频道 · "
        f"used 已用 {clock(made.used)} of 共 {clock(made.capacity)} · "
        f"left 剩余 {clock(made.left)}",
        soft_wrap=True,
    )
    for one in made.left_out:
        console.print(
            f"  does not fit 排不下: {escape(one.wanted.title)} ({clock(one.wanted.airtime)}): "
            f"{one.reason} {one.reason_zh}",
            soft_wrap=True,
        )
    if made.fits:
        console.print("The batch fits. 可以排下。")


def clock(seconds: int) -> str:
    """Such as 2:05:00."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def write_json(made: Budget) -> None:
    value = {
        "fits": made.fits,
        "services": made.services,
        "capacity_seconds": made.capacity,
        "used_seconds": made.used,
        "left_seconds": made.left,
        "missing_seconds": made.missing,
        "shows": [
            {
                "lesson": show.wanted.lesson,
                "title": show.wanted.title,
                "course": show.wanted.course,
                "start": show.start.isoformat(),
                "stop": show.stop.isoformat(),
                "service": show.service,
                "showing": show.showing,
                "share": str(show.share),
            }
            for show in made.shows
        ],
        "left_out": [
            {
                "lesson": one.wanted.lesson,
                "title": one.wanted.title,
                "course": one.wanted.course,
                "seconds": one.wanted.airtime,
                "showing": one.showing,
                "reason": one.reason,
                "reason_zh": one.reason_zh,
            }
            for one in made.left_out
        ],
    }
    click.echo(json.dumps(value, ensure_ascii=False))


def write_csv(made: Budget) -> None:
    """With a byte order mark, without which spreadsheets on Windows take UTF-8 for GBK."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(tuple(map(_plain, _cells(show))) for show in made.shows)
    sys.stdout.buffer.write(text.getvalue().encode("utf-8-sig"))
    sys.stdout.flush()


def _plain(cell: str) -> str:
    """A title that a spreadsheet would take for a formula is text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell

"""Figures as people read them: sizes, times, dates. China has one time zone, UTC+8."""

from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def size(count: float | None) -> str:
    """`1.2 GB`: thousands, as discs and lines are sold."""
    if count is None:
        return "—"
    amount = float(count)
    for unit in _UNITS:
        if abs(amount) < 1000 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"


def clock(seconds: float | None) -> str:
    """`12:30` or `1:02:03`: a place in a lesson."""
    if seconds is None:
        return "—"
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def hours(seconds: float | None) -> str:
    """`12.5`: hours of lessons."""
    return "—" if seconds is None else f"{seconds / 3600:.1f}"


def span(seconds: float | None) -> str:
    """`约 5 分钟`: how long people wait, rounded as they think of it."""
    if seconds is None:
        return "—"
    if seconds < 45:
        return "不到 1 分钟"
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} 分钟"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} 小时"
    return f"{round(seconds / 86400)} 天"


def ago(at: float | None, now: float) -> str:
    """`5 分钟前`; later than `now`: `5 分钟后`."""
    if at is None:
        return "—"
    passed = now - at
    if abs(passed) < 45:
        return "刚刚"
    return f"{span(abs(passed))}{'前' if passed > 0 else '后'}"


def moment(at: float | None) -> str:
    """`2026-10-06 14:05`, in China."""
    return "—" if at is None else datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M")


def until(low: float, high: float, now: float) -> str:
    """`今天 14:05–14:20`: from one moment to another, said as short as it is clear."""
    first, last = (datetime.fromtimestamp(at, CHINA) for at in (low, high))
    today = datetime.fromtimestamp(now, CHINA).date()
    named = "今天" if first.date() == today else first.strftime("%m-%d")
    if first.date() == last.date():
        return f"{named} {first:%H:%M}–{last:%H:%M}"
    return f"{named} {first:%H:%M} – {last:%m-%d %H:%M}"


def day(at: float | None) -> str:
    return "—" if at is None else datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d")


def iso(at: float | None) -> str | None:
    """ISO 8601, UTC, for programs and `datetime` attributes."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number(count: float) -> str:
    return f"{count:,.0f}"

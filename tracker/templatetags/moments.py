"""How pages write moments and durations: `289 d`, `4 seconds ago`, `7 min`."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

NBSP = "\u00a0"
NEVER = mark_safe('<span class="faint">never</span>')


def ago(
    at: datetime | None, now: datetime | None = None, style: str = "short"
) -> SafeString:
    """How long ago, with the exact moment on hover; the browser keeps it up to date.

    "short" is for tables (`289 d`), "long" for sentences (`289 days ago`).
    """
    if at is None:
        return NEVER
    text = {"short": ago_text, "long": long_ago_text}[style]
    # No word of it is a client's; format_html took a third of the time.
    return mark_safe(  # noqa: S308
        f'<time datetime="{at.isoformat()}" title="{at:%-d %b %Y, %H:%M:%S} UTC" '
        f'data-relative="{style}">{text((now or timezone.now()) - at)}</time>'
    )


def long_ago_text(passed: timedelta) -> str:
    """4 seconds ago, 289 days ago, just now. As relative_time.js writes it."""
    seconds = int(passed.total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count}{NBSP}{unit}{'' if count == 1 else 's'} ago"
    return f"{seconds}{NBSP}seconds ago" if seconds >= 2 else "just now"


def ago_text(passed: timedelta) -> str:
    """4 s, 289 d, now. As relative_time.js writes it."""
    seconds = int(passed.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size}{NBSP}{unit}"
    return f"{seconds}{NBSP}s" if seconds >= 2 else "now"


def duration(passed: timedelta) -> str:
    """7 min; 1 h."""
    return ago_text(passed)


def moment(at: datetime | None, style: str = "full") -> SafeString:
    """A moment in UTC, which the browser turns into the reader's own zone."""
    if at is None:
        return NEVER
    day = f"{at:%-d %b}" if at.year == timezone.now().year else f"{at:%-d %b %Y}"
    shown = {
        "full": f"{at:%-d %b %Y, %H:%M:%S} UTC",
        "day": f"{day}, {at:%H:%M:%S}",
        "date": f"{at:%-d %b %Y}",
        "time": f"{at:%H:%M:%S}",
    }[style]
    return format_html(
        '<time datetime="{}" title="{}" data-moment="{}">{}</time>',
        at.isoformat(),
        f"{at:%-d %b %Y, %H:%M:%S} UTC",
        style,
        shown,
    )

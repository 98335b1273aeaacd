"""The rows of a list of sessions, as HTML.

Made by Python: for the 150 texts of each row Django's templates took most of a list's
time, 0.4 of 0.5 ms. What a client may have written is escaped here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe

from tracker.pages.sessions.present import GaugeRow
from tracker.templatetags.moments import ago

Cells = Mapping[str, Any]


def rows_now(
    rows: Iterable[GaugeRow], *, names_projects: bool, now: datetime
) -> SafeString:
    """Rows that say how full each session is now, with its last 60 turns."""
    drawn = (_row_now(_cells(row, now), names_projects) for row in rows)
    return mark_safe("".join(drawn))  # noqa: S308  # escaped in each cell


def rows_by_facts(
    rows: Iterable[GaugeRow],
    tags: Mapping[int, Collection[str]],
    *,
    names_projects: bool,
    hidden: Collection[str],
    orders_by_ratio: bool,
    now: datetime,
) -> SafeString:
    """Rows of all sessions, in columns of which some may be hidden, each with a box to
    tick. `tags` by a session's id.
    """
    drawn = []
    for row in rows:
        cell = _cells(row, now)
        ratio = f' data-ratio="{cell["ratio"]}"' if orders_by_ratio else ""
        shown = tags.get(cell["pk"], ())
        drawn.append(
            f"\n    {_opened(cell, '', ratio)}"
            f"\n      {_level(cell, _pick(cell))}"
            f"\n      {_name(cell, names_projects, _tags(cell, shown))}"
        )
        drawn += [
            f"\n      {draw(cell)}"
            for column, draw in COLUMNS.items()
            if column not in hidden
        ]
        drawn.append("\n    </tr>")
    return mark_safe("".join(drawn))  # noqa: S308  # escaped in each cell


def _cells(row: GaugeRow, now: datetime) -> Cells:
    return row.cells | {"seen": ago(row.session.last_at, now)}


def _row_now(cell: Cells, names_projects: bool) -> str:
    ratio = f' data-ratio="{cell["ratio"]}"'
    line = cell["sparkline"] and (
        '<svg width="70" height="24" viewBox="0 0 70 24" aria-hidden="true">'
        f'<path class="spark" d="{cell["sparkline"]}"/></svg>'
    )
    return (
        f"{_opened(cell, ratio, '')}"
        f"\n  {_level(cell)}"
        f"\n  {_name(cell, names_projects)}"
        f"\n  {_gauge(cell)}"
        f"\n  {_used(cell)}"
        f"\n  {_tokens(cell)}"
        f'\n  <td class="w-spark">{line}</td>'
        f"\n  {_seen(cell)}"
        "\n</tr>\n"
    )


def _opened(cell: Cells, before: str, after: str) -> str:
    idle = ' class="is-idle"' if cell["is_idle"] else ""
    return (
        f'<tr data-level="{cell["level"]}" data-session="{cell["pk"]}" '
        f'data-lane="{escape(cell["lane"])}" '
        f'data-available="{cell["available_tokens"]}" '
        f'data-policy="{escape(cell["policy"])}"{before} '
        f'data-compact-at="{cell["compact_at"]}"{after}'
        f"{idle}>"
    )


def _level(cell: Cells, pick: str = "") -> str:
    due = ' data-level="compress"' if cell["is_due"] else ""
    return (
        f'<td class="w-level"><span class="lv"{due}>{cell["mark"]}<span class="sr" '
        f'data-show="level">{cell["level_word"]}</span></span>{pick}</td>'
    )


def _pick(cell: Cells) -> str:
    return (
        '<input class="pick" type="checkbox" form="picked" name="with" '
        f'value="{cell["pk"]}" aria-label="Tick {escape(cell["name"])}" '
        'autocomplete="off">'
    )


def _name(cell: Cells, names_projects: bool, tags: str = "") -> str:
    name = escape(cell["name"])
    places = (cell["project"], *cell["where"]) if names_projects else cell["where"]
    where = "".join([f"<span><bdi>{escape(p)}</bdi></span>" for p in places])
    chips = "".join(
        [
            f'<a class="chip" href="{escape(href)}"><bdi>{escape(words)}</bdi></a>'
            for href, words in cell["labels"]
        ]
    )
    return (
        f'<td class="w-name"><a class="sess" href="{escape(cell["href"])}" '
        f'title="{name}" data-row-link><bdi>{name}</bdi></a>'
        f'<span class="where">{where}{chips}</span>{tags}'
        f'<span class="due" data-due{"" if cell["is_due"] else " hidden"}>'
        f'<span data-show="message_count">{cell["messages"]}</span> messages: '
        "compression is due</span></td>"
    )


def _tags(cell: Cells, tags: Iterable[str]) -> str:
    address = escape(cell["list_address"])
    return "".join(
        [
            f'<a class="tag" href="{address}?q=tag:{quote(tag)}">'
            f"#<bdi>{escape(tag)}</bdi></a>"
            for tag in tags
        ]
    )


def _gauge(cell: Cells) -> str:
    return f'<td class="w-gauge">{cell["gauge"]}</td>'


def _used(cell: Cells) -> str:
    return (
        '<td class="w-pct num"><span class="pct"><span data-show="used_percent">'
        f"{cell['percent']}</span><small>%</small></span></td>"
    )


def _tokens(cell: Cells) -> str:
    return (
        '<td class="w-used num"><span class="sub two" data-show="used_tokens">'
        f'{cell["used"]}</span><span class="sub" data-show="available_tokens">'
        f"{cell['available']}</span></td>"
    )


def _turns(cell: Cells) -> str:
    return (
        '<td class="w-turns num"><span class="sub two" data-show="sample_count">'
        f"{cell['turns']}</span></td>"
    )


def _events(cell: Cells) -> str:
    return f'<td class="w-turns num"><span class="sub two">{cell["events"]}</span></td>'


def _freed(cell: Cells) -> str:
    freed = '<span class="sub">–</span>'
    if cell["has_freed"]:
        freed = (
            f'<span class="sub two">{cell["freed"]}</span>'
            f'<span class="sub">in {cell["compressions"]}</span>'
        )
    return f'<td class="w-freed num">{freed}</td>'


def _seen(cell: Cells) -> str:
    return (
        f'<td class="w-seen num"><span class="sub" data-show="last_at">'
        f"{cell['seen']}</span></td>"
    )


COLUMNS = {
    "gauge": _gauge,
    "used": _used,
    "tokens": _tokens,
    "turns": _turns,
    "events": _events,
    "freed": _freed,
    "seen": _seen,
}  # those that may be hidden, from left to right

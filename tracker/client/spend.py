"""`token-budget spend`: the server's tables of cost, in a terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tracker.client.config import Config
from tracker.domain.conversation.text.visible_text import visible

TABLES = ("daily", "weekly", "monthly", "session", "blocks")
SECONDS = 60.0  # sums over years of samples take a while
NAMES = {"daily": "Day", "weekly": "Week from", "monthly": "Month",
         "session": "Session", "blocks": "Block from (UTC)"}  # fmt: skip
HEAD = ("Models", "Input", "Output", "Cache write", "Cache read", "Total", "Cost")
LONGEST = 40  # of a session's title
MODELS = 3  # named in a row; the others are counted


def add_spend(commands: Any) -> None:
    spend = commands.add_parser(
        "spend",
        help="show what the project cost by day, week, month, session or block",
        description="Show what the project of the key cost, by list prices. The "
        "tables and their sums are those of ccusage: days are UTC days, weeks begin "
        "on Sunday, blocks last five hours.",
    )
    spend.add_argument("table", nargs="?", choices=TABLES, default="daily")
    spend.add_argument(
        "--since", type=_day, metavar="DATE", help="from this day on: 2026-11-01"
    )
    spend.add_argument(
        "--until", type=_day, metavar="DATE", help="to the end of this day"
    )
    spend.add_argument("--json", action="store_true", help="print the server's answer")
    spend.add_argument("--url", help="address of the server (TOKEN_BUDGET_URL)")
    spend.add_argument("--key", help="API key with scope read (TOKEN_BUDGET_KEY)")
    spend.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 with a table, 1 where the server does not answer one, 2 without a server."""
    config = Config.of(options.url, options.key)
    if not config.is_on:
        print(
            "No server given. Use --url and --key, or set TOKEN_BUDGET_URL and "
            "TOKEN_BUDGET_KEY.",
            file=sys.stderr,
        )
        return 2
    try:
        found = _ask(config, options)
    except _NoAnswer as error:
        print(visible(str(error)), file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2) if options.json else table(found, options.table))
    return 0


class _NoAnswer(Exception):
    pass


def _ask(config: Config, options: argparse.Namespace) -> dict[str, Any]:
    import httpx

    asked = {"table": options.table}
    if options.since:
        asked["since"] = options.since.isoformat()
    if options.until:
        asked["until"] = (options.until + timedelta(days=1)).isoformat()
    try:
        answer = httpx.get(
            config.api("spend"), params=asked, headers=config.headers, timeout=SECONDS
        )
        found: Any = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _NoAnswer(f"No answer from {config.url}: {error}") from error
    if answer.status_code != 200:
        # Something between may answer in its place, with a list or with text.
        said = found.get("error", {}) if isinstance(found, dict) else found
        message = said.get("message", said) if isinstance(said, dict) else said
        raise _NoAnswer(f"{config.url} answers {answer.status_code}: {message}")
    if not isinstance(found, dict):
        raise _NoAnswer(f"{config.url} is no Token Budget server")
    return found


def _day(text: str) -> datetime:
    return datetime.strptime(text.replace("-", ""), "%Y%m%d").replace(tzinfo=UTC)


def table(found: Mapping[str, Any], name: str) -> str:
    """The answer of GET /spend as text, oldest first and the sum last."""
    rows = list(found["results"])
    if name != "session":
        rows.reverse()
    lines: list[tuple[str, ...]] = [(NAMES[name], *HEAD)]
    lines += [_line(_name(row, name), row) for row in rows]
    lines.append(_line("Total", found["total"] | {"models": []}))
    notes = []
    if found["row_count"] > len(rows):
        notes.append(f"{found['row_count'] - len(rows):,} more rows; the sum has them.")
    if unpriced := found["total"]["unpriced_requests"]:
        notes.append(f"{unpriced:,} requests have no price here.")
    if found["prices_as_of"]:
        notes.append(
            f"List prices of {_printable(str(found['prices_as_of']))}, US dollars."
        )
    return "\n".join([*_columns(lines), *notes])


def _name(row: Mapping[str, Any], table_name: str) -> str:
    # What a stranger named it must not move the cursor.
    text = _printable(str(row["title"] or row["name"]))
    if table_name == "monthly":
        return text[:7]
    if table_name == "blocks":
        return text[:16].replace("T", " ")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _line(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = ("input_tokens", "output_tokens", "cache_creation_tokens",
               "cache_read_tokens", "total_tokens")  # fmt: skip
    names = ", ".join(row["models"][:MODELS])
    models = "".join(c for c in names if c.isprintable())
    if more := len(row["models"][MODELS:]):
        models += f" and {more} more"
    counts = (f"{row[number]:,}" for number in numbers)
    return (name, models, *counts, f"${row['cost_usd']:,.2f}")


def _columns(lines: Sequence[Sequence[str]]) -> list[str]:
    """Names to the left, numbers to the right, rules around the rows."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("─" * width for width in widths)
    found = [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return [found[0], rule, *found[1:-1], rule, found[-1]]

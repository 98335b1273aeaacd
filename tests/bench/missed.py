"""The goals that the tables of docs/performance.md do not reach, in one list."""

from __future__ import annotations

import re

BEGIN, END = "<!-- missed -->", "<!-- /missed -->"
HEADING = re.compile(r"### (?P<title>.+)")
ROW = re.compile(
    r"\| (?P<figure>[^|]+) \| (?P<measured>[^|]*) \| (?P<goal>[^|]*) \| \*\*no\*\* \|"
)


def with_missed_goals(page: str) -> str:
    """The page with the list between its markers made anew from its tables."""
    lines = ["| measured in | figure | measured | goal |", "|---|---|---|---|"]
    title = ""
    for line in page.splitlines():
        if heading := HEADING.match(line):
            title = heading["title"]
        elif row := ROW.match(line):
            lines.append(
                f"| {title} | {row['figure']} | {row['measured']} | {row['goal']} |"
            )
    block = "\n".join((BEGIN, *lines, END))
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: block, page)

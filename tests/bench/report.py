"""Tables of what a bench measured: printed, and kept in docs/performance.md."""

from __future__ import annotations

import datetime as dt
import platform
import re
import sqlite3
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.bench.missed import with_missed_goals

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
PACKAGES = ("django", "channels", "uvicorn", "uvloop", "httptools", "msgspec")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure. `goal` is "≥ 30 %" in words, `is_met` None without one."""

    name: str
    value: str
    goal: str = ""
    is_met: bool | None = None
    note: str = ""


@dataclass(slots=True)
class Table:
    """`marker` names the place in docs/performance.md."""

    marker: str
    title: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(
        self,
        name: str,
        value: str,
        *,
        goal: str = "",
        is_met: bool | None = None,
        note: str = "",
    ) -> None:
        self.rows.append(Row(name, value, goal, is_met, note))
        print(f"  {name}: {value} {goal} {_verdict(is_met)} {note}", flush=True)

    def share(self, name: str, share: float, *, least: float, note: str = "") -> None:
        """A ratio that should be at least `least`."""
        self.add(
            name, percent(share), goal=f"≥ {percent(least)}",
            is_met=share >= least, note=note,
        )  # fmt: skip

    def markdown(self) -> str:
        lines = [
            f"### {self.title}",
            "",
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC; {machine()}",
            "",
            "| figure | measured | goal | reached | remark |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {r.name} | {r.value} | {r.goal} | {_verdict(r.is_met)} | {r.note} |"
            for r in self.rows
        ]
        if self.remarks:
            lines += ["", *(f"- {remark}" for remark in self.remarks)]
        return "\n".join(lines)

    def keep(self) -> None:
        """Put the table between its markers in docs/performance.md."""
        begin, end = f"<!-- {self.marker} -->", f"<!-- /{self.marker} -->"
        block = f"{begin}\n{self.markdown()}\n{end}"
        text = PAGE.read_text() if PAGE.exists() else "# Performance\n"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        if pattern.search(text):
            text = pattern.sub(lambda _: block, text)
        else:
            text = f"{text.rstrip()}\n\n{block}\n"
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(with_missed_goals(text))


def _verdict(is_met: bool | None) -> str:
    return "" if is_met is None else ("yes" if is_met else "**no**")


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float], unit: str) -> str:
    """`6,300/s (5,900–6,800)`: the median, and the lowest and highest."""
    low, high = f"{min(values):,.0f}", f"{max(values):,.0f}"
    return f"{median(values):,.0f}{unit} ({low}–{high})"


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    load = psutil.getloadavg()[0]
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{psutil.cpu_count()} × {cpu}, {memory:.0f} GiB, load {load:.1f}; "
        f"{platform.system()} {platform.release()}, Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}"
    )

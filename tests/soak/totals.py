"""What all soaks of a folder have shown together: a line for each part that ended well.

A thousand kills take hours. They may run in parts, on any days; the lines add up.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path


class Totals:
    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, what: str, database: str, **counts: float) -> None:
        line = {
            "on": f"{datetime.now(UTC):%Y-%m-%d}",
            "commit": _commit(),
            "what": what,
            "database": database,
            "counts": counts,
        }
        with open(self._path, "a") as file:
            file.write(json.dumps(line) + "\n")

    def said(self) -> list[str]:
        """One sentence for each kind of soak and database. Empty without any."""
        parts = defaultdict(list)
        for text in self._path.read_text().splitlines() if self._path.exists() else ():
            line = json.loads(text)
            parts[line["what"], line["database"]].append(line)
        return [
            f"{what} on {database}: {_sums(lines)} in {len(lines)} parts, "
            f"{lines[0]['on']} to {lines[-1]['on']}, last at {lines[-1]['commit']}"
            for (what, database), lines in sorted(parts.items())
        ]


def _sums(lines: list[dict[str, dict[str, float]]]) -> str:
    """Counts are added; of a name that begins with `worst` the greatest is told."""
    found: dict[str, float] = {}
    for line in lines:
        for name, count in line["counts"].items():
            is_worst = name.startswith("worst")
            before = found.get(name, 0)
            found[name] = max(before, count) if is_worst else before + count
    return ", ".join(f"{count:,} {name}" for name, count in found.items())


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"

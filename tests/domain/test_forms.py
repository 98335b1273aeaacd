"""What a report is turned into is frozen for mypy, and quick to make."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tracker.domain.reports import Parts, UsageReport


def test_it_compares_and_hashes_by_its_fields() -> None:
    one, other = Parts(system=1), Parts(system=1)

    assert one == other and hash(one) == hash(other)
    assert replace(one, system=2) != other
    assert not hasattr(one, "__dict__")


def test_mypy_refuses_code_that_changes_one(tmp_path: Path) -> None:
    code = tmp_path / "changes.py"
    code.write_text(
        "from tracker.domain.reports import UsageReport\n\n\n"
        "def change(report: UsageReport) -> None:\n"
        '    report.session = "other"\n'
    )

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--follow-imports=silent",
         f"--cache-dir={tmp_path}", str(code)],
        capture_output=True, text=True,
    )  # fmt: skip

    assert 'Property "session" defined in "UsageReport" is read-only' in done.stdout


def test_its_defaults_are_those_of_a_dataclass() -> None:
    report = UsageReport("s", 5, Parts(), "counted")

    assert report.lane == "main" and report.plan_limits == ()

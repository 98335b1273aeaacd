"""What the first start says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tracker.changes.access.first_start import FirstStart
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import percent_text
from tracker.management.first_words import FIRST_REPORT, first_words

ROOT = Path(__file__).parents[2]


def test_the_first_report_is_the_readmes_and_uses_as_much_as_the_pages_say() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    first_page = (ROOT / "templates/tracker/start/first_run.html").read_text("utf-8")
    used = sum(json.loads(FIRST_REPORT)["tokens"].values())
    share = percent_text(used, BudgetPolicy().limits(200_000).available_tokens)

    assert FIRST_REPORT in readme and f"({share}, a warning)" in readme
    assert f"{share} of its budget" in first_page


def test_the_first_words_name_a_command_that_is_there(tmp_path: Path) -> None:
    first = FirstStart("admin", "a password", "login", "tb_report", "tb_gateway")

    words = first_words("http://127.0.0.1:8000", first)

    command = re.search(r"^(\S+) wrap --url \S+ --key tb_gateway claude$", words, re.M)
    assert command is not None and Path(command[1]).exists()

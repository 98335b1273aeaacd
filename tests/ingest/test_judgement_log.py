"""One JSON line per judged report in logs/judgements.jsonl."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judgement_log import log_judgements
from tracker.ingest.record import Recorder

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines() -> Any:
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.extend(record.getMessage().split("\n"))

    logger, keep = logging.getLogger("tracker.judgements"), Keep()
    logger.addHandler(keep)
    yield found
    logger.removeHandler(keep)


def test_a_line_says_how_full_the_session_is_and_nothing_of_its_text(
    project: Any, lines: list[str]
) -> None:
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    reports = [
        UsageReport(
            "chat \n 1", 163_071, Parts(history=163_071), "counted", event_id="a",
            title="a title", metadata={"team": "search"},
        ),
        UsageReport("chat 2", 10, Parts(history=10), "counted", event_id="b"),
        UsageReport("chat 2", 10, Parts(history=10), "counted", event_id="b"),
    ]  # fmt: skip
    arrivals = [Arrival(project.pk, report, at) for report in reports]

    log_judgements(arrivals, Recorder().record(arrivals))

    first, second = (json.loads(line) for line in lines)  # the repeat is not told
    assert first.pop("warning").startswith("83.1 % of 196,000 available tokens used")
    assert first == {
        "at": "2026-11-22T10:00:00Z",
        "project": project.pk,
        "session": "chat \n 1",
        "event_id": "a",
        "used_percent": 83.1,
        "level": "warning",
    }
    assert second["warning"] is None and second["session"] == "chat 2"


def test_where_nothing_is_new_nothing_is_logged(project: Any, lines: list[str]) -> None:
    log_judgements([], [])

    assert lines == []

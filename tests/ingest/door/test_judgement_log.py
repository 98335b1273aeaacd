"""One JSON line per judged report in logs/judgements.jsonl."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.door.judgement_log import (
    WAITING_LINES,
    WAITING_SECONDS,
    JudgementLog,
)
from tracker.ingest.judging.record import Recorder


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

    JudgementLog().note(arrivals, Recorder().record(arrivals))

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


def test_lines_wait_for_each_other_a_moment(project: Any, lines: list[str]) -> None:
    now = 100.0
    log = JudgementLog(clock=lambda: now)
    recorder = Recorder()

    def report(count: int) -> None:
        received = datetime.now(UTC)
        arrivals = [
            Arrival(
                project.pk, UsageReport("s", 1, Parts(history=1), "counted"), received
            )
            for _ in range(count)
        ]
        log.note(arrivals, recorder.record(arrivals))

    report(1)
    assert len(lines) == 1 and log.wait_seconds is None  # after a silence: at once
    report(2)
    assert len(lines) == 1 and log.wait_seconds == WAITING_SECONDS
    log.flush()
    assert len(lines) == 3
    report(WAITING_LINES + 1)
    assert len(lines) == WAITING_LINES + 4
    report(1)
    now += 2 * WAITING_SECONDS
    report(1)
    assert len(lines) == WAITING_LINES + 6


def test_a_writer_that_rests_or_stops_leaves_no_line_behind(
    project: Any, lines: list[str]
) -> None:
    from tracker.ingest.door.writer import Writer

    def report() -> None:
        usage = UsageReport("s", 1, Parts(history=1), "counted")
        arrival = Arrival(project.pk, usage, datetime.now(UTC))
        writer.record_blocking([arrival])

    writer = Writer(capacity=100)
    writer.start()
    report()
    report()
    until = time.monotonic() + 60
    while len(lines) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    rested = len(lines)
    report()
    writer.stop()

    assert (rested, len(lines)) == (2, 3)


def test_where_nothing_is_new_nothing_is_logged(project: Any, lines: list[str]) -> None:
    JudgementLog().note([], [])

    assert lines == []

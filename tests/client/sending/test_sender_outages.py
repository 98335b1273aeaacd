"""While the server cannot be reached, reports wait on disk."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.client.fake_transport import Line, later, make, soon
from tracker.client.sending.sender import Sender
from tracker.client.sending.spool import Spool
from tracker.client.sending.transport import Outcome


def test_during_an_outage_reports_wait_on_disk_and_go_out_after_it(
    sender: Sender, line: Line, spool: Spool
) -> None:
    line.outcome = later
    sender.submit(make(1))
    assert not sender.flush()
    sender.submit(make(2))
    assert not sender.flush(0.2)
    assert len(line.bodies) == 1  # the second did not knock at a closed door
    assert not spool.is_empty()

    line.outcome = lambda reports: Outcome()

    assert soon(lambda: line.bodies[1:] == [[{"n": 1}], [{"n": 2}]])
    assert soon(spool.is_empty)
    assert sender.dropped == 0


def test_an_outage_is_knocked_at_less_and_less_often(
    sender: Sender, line: Line, spool: Spool
) -> None:
    times: list[float] = []

    def note(reports: list[Any]) -> Outcome:
        times.append(time.monotonic())
        return Outcome("no", is_later=True)

    line.outcome = note
    sender.submit(make(1))

    assert soon(lambda: len(times) >= 4, seconds=6)
    first, second, third = (b - a for a, b in zip(times, times[1:4], strict=False))
    assert 0.2 <= first <= 0.9
    assert second <= 1.3
    assert 0.9 <= third <= 2.5


def test_retry_after_is_waited_for(sender: Sender, line: Line) -> None:
    line.outcome = lambda reports: Outcome("no", is_later=True, after_seconds=60)
    sender.submit(make(1))

    assert not sender.flush(1.0)
    time.sleep(0.7)  # by its own count it would have tried again by now
    assert len(line.bodies) == 1


def test_a_spool_that_cannot_be_written_loses_reports_and_counts_them(
    line: Line, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    sender = Sender(line, Spool(tmp_path / "file" / "spool"), gather_seconds=0)
    line.outcome = later
    sender.submit(make(1))

    assert not sender.flush()
    assert sender.dropped == 1
    assert "1 reports lost" in caplog.text
    sender.close()


def test_what_was_kept_and_is_too_large_is_halved(
    sender: Sender, line: Line, spool: Spool
) -> None:
    spool.add(json.dumps([{"n": number} for number in range(7)]).encode())
    line.outcome = lambda reports: Outcome("413", is_too_large=len(reports) > 2)

    sender.submit(make(-1))

    assert soon(lambda: spool.is_empty() and sender.flush())
    small = [body for body in line.bodies if len(body) <= 2]
    assert [r["n"] for body in small for r in body] == [-1, *range(7)]
    assert sender.dropped == 0


def test_what_an_earlier_run_left_is_sent_by_the_next(
    sender: Sender, line: Line, spool: Spool
) -> None:
    spool.add(b'[{"n": "left"}]')

    sender.submit(make(1))

    assert sender.flush()
    assert line.bodies == [[{"n": 1}], [{"n": "left"}]]

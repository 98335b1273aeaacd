"""The thread that makes weeks outlives every failure. Its work: tests/services."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

import pytest
from django.db import InterfaceError, OperationalError

from tracker.upkeep.weeks import keeper
from tracker.upkeep.weeks.keeper import WeekKeeper
from tracker.upkeep.weeks.partitions import Busy


def test_no_failure_ends_it_and_each_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [
        Busy("locks"),
        OperationalError("stopped"),
        InterfaceError("broken"),
        ValueError("strange"),
    ]
    told = [str(failure) for failure in failures]
    is_made = threading.Event()

    def fail(now: datetime) -> None:
        if failures:
            raise failures.pop(0)
        is_made.set()

    monkeypatch.setattr(keeper, "make_weeks", fail)
    monkeypatch.setattr(keeper, "SOON_SECONDS", 0.0)
    at_work = WeekKeeper()
    with caplog.at_level(logging.WARNING, keeper.__name__):
        at_work.start()
        assert is_made.wait(60)
        at_work.stop()

    records = [record for record in caplog.records if record.name == keeper.__name__]
    assert [record.levelname for record in records] == ["WARNING"] * 2 + ["ERROR"] * 2
    for record, words in zip(records, told, strict=True):
        assert words in (record.exc_text or record.getMessage())

"""A thread that repeats a step gives back what others need, and keeps the rest open."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.ingest import repeating


class Connection:
    vendor = "sqlite"
    errors_occurred = False
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize(
    ("of_it", "is_another", "is_closed"),
    [
        ({}, False, False),
        ({"vendor": "postgresql"}, False, True),
        ({"errors_occurred": True}, False, True),
        ({}, True, True),
    ],
)
def test_a_connection_of_postgresql_or_to_another_file_is_closed(
    monkeypatch: pytest.MonkeyPatch,
    of_it: dict[str, Any],
    is_another: bool,
    is_closed: bool,
) -> None:
    connection = Connection()
    vars(connection).update(of_it)
    monkeypatch.setattr(repeating, "connection", connection)
    monkeypatch.setattr(repeating, "is_another", lambda: is_another)

    repeating.rest()

    assert connection.is_closed is is_closed


def test_steps_follow_each_other_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repeating, "connection", Connection())

    class Counting(repeating.RepeatingThread):
        steps = 0

        def step(self) -> float:
            self.steps += 1
            if self.steps == 3:
                self._stopped.set()
            return 0.0

    thread = Counting("counting")
    thread.run()

    assert thread.steps == 3
    thread.stop()  # one that has ended is stopped at once

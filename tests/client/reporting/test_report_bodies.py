"""What a report holds besides the usage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tracker.client import session
from tracker.client.reporting.report_bodies import (
    Request,
    stamped,
    with_event_id,
    with_parts,
)


def test_a_report_gets_session_and_time_and_loses_what_is_none() -> None:
    before = datetime.now(UTC)

    body = stamped({"model": None, "lane": "main"}, "chat-42")

    assert set(body) == {"session", "lane", "at"}
    assert body["session"] == "chat-42"
    assert before <= datetime.fromisoformat(body["at"]) <= datetime.now(UTC)


def test_a_given_session_wins_over_that_of_the_block() -> None:
    with session("block"):
        assert stamped({}, "chat-42")["session"] == "block"
        assert stamped({"session": "own"}, "chat-42")["session"] == "own"


def test_the_id_is_the_callers_then_the_providers_then_a_new_one() -> None:
    assert with_event_id({"event_id": "own"}, "msg_1") == {"event_id": "own"}
    assert with_event_id({}, "m" * 300) == {"event_id": "m" * 255}
    assert with_event_id({})["event_id"].startswith("tb-")


def test_what_the_caller_gave_is_not_estimated() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
    ]
    request = Request(messages=messages, model="gpt-5")
    given = {"tokens": {"history": 7}, "message_count": 5, "model": "mine"}

    assert with_parts(dict(given), request) == given
    assert with_parts(dict(given), None) == given
    estimated = with_parts({}, request)
    assert (estimated["message_count"], estimated["model"]) == (1, "gpt-5")
    assert estimated["tokens"]["history"] > 0


def test_parts_that_cannot_be_estimated_do_not_stop_the_report() -> None:
    class Endless(list[Any]):
        def __iter__(self) -> Any:
            raise RecursionError

    request = Request(messages=[{"role": "user", "content": Endless([1])}])

    body = with_parts({"session": "chat-1"}, request)

    assert body == {"session": "chat-1", "message_count": 1}

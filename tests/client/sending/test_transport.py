"""What each answer of the server means for the reports sent."""

from __future__ import annotations

import json

import pytest

from tests.client.fake_server import BudgetServer
from tracker.client.config import Config
from tracker.client.sending.transport import Outcome, Transport, outcome_of


@pytest.mark.parametrize(
    ("status", "is_later", "is_too_large"),
    [
        (200, False, False),
        (201, False, False),
        (400, False, False),
        (401, False, False),
        (408, True, False),
        (413, False, True),
        (422, False, False),
        (429, True, False),
        (500, True, False),
        (503, True, False),
    ],
)
def test_only_what_may_pass_later_is_tried_again(
    status: int, is_later: bool, is_too_large: bool
) -> None:
    outcome = outcome_of(status, b"", {})

    assert (outcome.is_later, outcome.is_too_large) == (is_later, is_too_large)
    assert bool(outcome.message) == (status >= 400)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("soon", None),
        ("99999999999", 3_600.0),
        ("inf", 3_600.0),
    ],
)
def test_retry_after_is_read_in_seconds(value: str, seconds: float | None) -> None:
    assert outcome_of(503, b"", {"Retry-After": value}).after_seconds == seconds
    assert outcome_of(503, b"", {}).after_seconds is None


def test_rejected_reports_of_a_batch_are_told() -> None:
    rejected = [{"index": 3, "field": "tokens.system", "error": "must be ≥ 0"}]
    content = json.dumps({"accepted": 9, "rejected": rejected}).encode()

    assert "tokens.system" in outcome_of(200, content, {}).message
    assert outcome_of(200, b'{"rejected": []}', {}).message == ""


def test_reports_on_which_the_server_failed_are_told_from_those_that_break_a_rule() -> (
    None
):
    failed = {"index": 4, "field": "", "error": "not tried", "status": 503}
    bad = {"index": 7, "field": "tokens", "error": "no number", "status": 422}

    def told(*rejected: object) -> Outcome:
        return outcome_of(200, json.dumps({"rejected": rejected}).encode(), {})

    assert told(failed) == Outcome(again=(4,))
    assert told(failed, bad).again == (4,)
    assert told(failed, bad).message.startswith("1 rejected, the first: ")
    assert told("odd", {"status": 503}, {"status": 503, "index": "4"}).again == ()


def test_a_server_that_failed_on_every_report_is_no_server_that_is_away() -> None:
    content = b'{"error": {"code": "failed", "message": "its log says why"}}'

    outcome = outcome_of(503, content, {"Retry-After": "60"})

    assert (outcome.is_failed, outcome.is_later) == (True, False)
    assert outcome.after_seconds == 60


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"error": {"field": "key", "message": "unknown"}}', "401 key: unknown"),
        (b'{"error": {"message": "unknown"}}', "401 unknown"),
        (b'{"error": "unknown"}', "401"),
        (b"<html>", "401"),
        (b"[]", "401"),
    ],
    ids=["field", "message", "text", "html", "list"],
)
def test_the_servers_own_words_are_told(content: bytes, message: str) -> None:
    assert outcome_of(401, content, {}).message == message


def test_a_body_goes_to_the_usage_endpoint_with_the_key(server: BudgetServer) -> None:
    transport = Transport(Config.of(server.url + "/", " tb_1 "))

    outcome = transport.send(b"[{}]")
    transport.close()
    transport.close()

    assert outcome.message == ""
    (request,) = server.requests
    assert request.path == "/api/v1/usage"
    assert request.headers["Authorization"] == "Bearer tb_1"
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("url", "is_later"),
    [("http://127.0.0.1:9", True), ("http://a\x00b", False), ("127.0.0.1", False)],
    ids=["nobody listens", "no address", "no scheme"],
)
def test_a_server_that_cannot_be_reached_raises_nothing(
    url: str, is_later: bool
) -> None:
    transport = Transport(Config(url, "tb_1"))

    outcome = transport.send(b"[]")
    transport.close()

    assert outcome.message
    assert outcome.is_later is is_later

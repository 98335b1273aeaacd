"""What each answer of the server, or of something before it, means for the reports."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tracker.client.sending.receipts import Receipt, read_receipt


def receipt(status: int, content: Any = b"", count: int = 1, **headers: str) -> Receipt:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_receipt(status, body, names, count=count)


def own(message: str, **more: str) -> dict[str, Any]:
    """An error in the form of a Token Budget server."""
    return {"error": {"code": "no", "field": None, "message": message, **more}}


def batch(*rejected: Any, accepted: int = 0, duplicates: int = 0) -> dict[str, Any]:
    return {"accepted": accepted, "duplicates": duplicates, "rejected": [*rejected]}


def test_what_the_server_took_or_knew_already_is_stored() -> None:
    assert receipt(200, batch(accepted=2, duplicates=1), count=3) == Receipt("settled")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "split"),
        (401, "later"),
        (403, "later"),
        (413, "split"),
        (422, "split"),
        (429, "later"),
        (500, "later"),
        (503, "later"),
    ],
)
def test_an_error_of_the_server_itself(status: int, kind: str) -> None:
    found = receipt(status, own("not now"))

    assert found.kind == kind
    assert found.reason == f"{status} not now"
    assert not found.may_be_poison


@pytest.mark.parametrize(
    "status", [202, 204, 301, 302, 307, 400, 401, 403, 404, 405, 407, 410, 415, 422]
)
def test_reports_wait_where_something_else_answers(status: int) -> None:
    found = receipt(status, b"<html>Log in</html>", Location="https://sso/login?t=1")

    assert found.kind == "later"
    assert found.may_be_poison
    assert found.reason.startswith(str(status))


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_a_proxy_that_has_no_server_does_not_blame_the_reports(status: int) -> None:
    found = receipt(status, b"<html>")

    assert (found.kind, found.may_be_poison) == ("later", False)


def test_a_proxy_that_takes_less_at_once_gets_halves() -> None:
    assert receipt(413, b"<html>nginx</html>").kind == "split"


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Welcome to the hotel's WiFi</html>",
        b"",
        b"{}",
        b"[]",
        batch(accepted=1),
        batch(accepted=3),
        {"accepted": "2", "duplicates": 0, "rejected": []},
        batch({"index": 7, "error": "no such"}, accepted=1),
        batch("odd", accepted=1),
    ],
    ids=str,
)
def test_200_is_a_receipt_only_if_it_accounts_for_each_report(content: Any) -> None:
    found = receipt(200, content, count=2)

    assert found.kind == "later"
    assert "without a receipt" in found.reason


def test_a_redirect_names_where_to_without_the_query() -> None:
    found = receipt(302, Location="https://budget.example/login?token=secret")

    assert "https://budget.example/login" in found.reason
    assert "secret" not in found.reason
    assert "another address" in receipt(308).reason


def test_reports_that_break_a_rule_are_told_from_those_to_send_again() -> None:
    failed = {"index": 0, "field": "", "error": "not tried", "status": 503}
    bad = {"index": 2, "field": "tokens.system", "error": "must be ≥ 0", "status": 422}
    plain = {"index": 1, "field": "", "error": "odd"}

    found = receipt(200, batch(failed, plain, bad, accepted=1), count=4)

    assert (found.kind, found.again) == ("settled", (0,))
    assert found.refused == {1: "422 odd", 2: "422 tokens.system: must be ≥ 0"}


def test_a_batch_without_one_good_report_says_why_each_is_refused() -> None:
    bad = {"index": 0, "field": "session", "error": "too long", "status": 422}

    found = receipt(422, batch(bad))

    assert found == Receipt("settled", refused={0: "422 session: too long"})


def test_a_server_that_failed_on_every_report_is_not_away() -> None:
    found = receipt(503, own("its log says why", code="failed"), Retry_After="60")

    assert (found.kind, found.after_seconds) == ("failed", 60)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("soon", None),
        ("", None),
        ("99999999999", 3_600.0),
        ("inf", 3_600.0),
        ("nan", 0.0),
    ],
)
def test_retry_after_is_read_in_seconds(value: str, seconds: float | None) -> None:
    assert receipt(503, Retry_After=value).after_seconds == seconds
    assert receipt(503).after_seconds is None


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    after = receipt(503, Retry_After=date).after_seconds

    assert after is not None and 80 < after <= 90


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (own("unknown", field="key"), "401 key: unknown"),
        (own("unknown"), "401 unknown"),
        ({"error": {}}, "401 from something other than a Token Budget server"),
        ({"error": "unknown"}, "401 from something other than a Token Budget server"),
    ],
    ids=["field", "message", "empty", "text"],
)
def test_the_servers_own_words_are_the_reason(content: Any, reason: str) -> None:
    assert receipt(401, content).reason == reason

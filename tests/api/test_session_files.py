"""What the server takes of session files that are read elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

PATH = "/sources/session-files"
USAGE = {
    "kind": "usage",
    "session": "s",
    "event_id": "req_1",
    "at": "2026-11-29T09:00:00Z",
    "origin": "gemini_cli",
    "source": "reported",
    "model": "gemini-3-pro",
    "used_tokens": 900,
    "parts": {"system": 100, "history": 800},
    "lane": "agent-1",
}


async def test_reports_are_stored_as_a_file_beside_the_server_would_be(
    api: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    answer = await api.post(PATH, [USAGE, USAGE])

    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], told["duplicates"], told["rejected"]) == (1, 1, [])
    row = await in_db(UsageSample.objects.get)
    assert (row.origin, row.lane, row.used_tokens) == ("gemini_cli", "agent-1", 900)
    assert row.system_tokens == 100


def compaction(number: int, at: str) -> dict[str, Any]:
    said = [{"role": "user", "content": "Keep port 8123 open. See /srv/gate.py."}]
    left = [{"role": "user", "content": "Port 8123 stays open."}]
    return {
        "kind": "compression", "session": "s", "event_id": f"c{number}", "at": at,
        "origin": "claude_code", "source": "reported", "before_tokens": 9_000,
        "after_tokens": 900, "before": said, "after": left,
    }  # fmt: skip


async def test_compactions_are_answered_first_and_reviewed_later(
    api: Any, in_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.compressing import due_reviews
    from tracker.models import Compression
    from tracker.upkeep.review_keeper import ReviewKeeper

    monkeypatch.setattr(due_reviews, "MOST_AT_ONCE", 2)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    times = [now] * 3 + ["2026-01-01T09:00:00Z"] * 3
    sent = [compaction(number, at) for number, at in enumerate(times)]

    told = (await api.post(PATH, sent)).json()

    assert (told["accepted"], told["reviews_due"]) == (6, 4)
    unscored = Compression.objects.filter(score=None).count
    assert await in_db(unscored) == 4
    assert (await api.post(PATH, sent)).json()["duplicates"] == 6
    await in_db(ReviewKeeper().step)
    assert await in_db(unscored) == 0
    assert (await api.get(PATH)).json()["reviews_due"] == 0


async def test_the_rest_of_a_batch_is_stored_where_one_breaks_a_rule(
    api: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    wrong = [
        {**USAGE, "event_id": "a", "origin": "gateway"},
        {**USAGE, "event_id": "b", "parts": {"system": 1}},
        {**USAGE, "event_id": "c", "lane": ""},
        {"kind": "note"},
    ]

    answer = await api.post(PATH, [*wrong, USAGE])

    told = answer.json()
    assert told["accepted"] == 1
    assert [(each["index"], each["field"]) for each in told["rejected"]] == [
        (0, "origin"),
        (1, "parts"),
        (2, "lane"),
        (3, "kind"),
    ]
    assert await in_db(UsageSample.objects.count) == 1


async def test_a_body_without_reports_is_refused(api: Any) -> None:
    for body in ([], {"kind": "usage"}, [USAGE] * 2_001):
        assert (await api.post(PATH, body)).status_code in (413, 422)


async def test_it_says_which_project_and_what_is_kept(api: Any, project: Any) -> None:
    answer = await api.get(PATH)

    assert answer.json() == {
        "project": "default",
        "keeps_messages": "yes",
        "reviews_due": 0,
    }

"""What the server takes of session files that are read elsewhere."""

from __future__ import annotations

from typing import Any

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

    assert answer.json() == {"project": "default", "keeps_messages": "yes"}

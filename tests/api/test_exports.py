"""GET /export/{what}.{format}: complete, streamed, its own project's alone."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest


@pytest.fixture
async def filled(api: Any) -> Any:
    reports = [
        {
            "session": "=cmd()" if n % 2 else "plain",
            "event_id": f"e{n}",
            "at": f"2026-11-22T10:00:{n:02d}Z",
            "tokens": {"history": 163_000 if n > 4 else 10},
            "metadata": {"team": "search"},
        }
        for n in range(9)
    ]
    assert (await api.post("/usage", reports)).json()["accepted"] == 9
    body = {"before_tokens": 90, "after_tokens": 50, "summary": "words"}
    await api.post("/sessions/plain/compressions", body)
    return api


ROWS = {"sessions": 2, "usage": 9, "events": 3, "compressions": 1}


@pytest.mark.parametrize("what", ROWS)
async def test_every_row_once_in_both_formats(
    filled: Any, what: str, monkeypatch: Any
) -> None:
    from tracker.api import exports

    monkeypatch.setattr(exports, "CHUNK", 2)

    as_csv = await filled.get(f"/export/{what}.csv")
    as_lines = await filled.get(f"/export/{what}.ndjson")

    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    lines = [json.loads(line) for line in as_lines.text.splitlines()]
    assert len(rows) == len(lines) == ROWS[what]
    ids = [line["id"] for line in lines]
    assert [int(r["id"]) for r in rows] == ids
    assert len(set(ids)) == len(ids)
    if what != "usage":
        assert ids == sorted(ids)
    assert set(rows[0]) == set(lines[0])
    assert "attachment" in as_csv.headers["content-disposition"]
    assert "words" not in as_csv.text  # numbers and names, no messages


async def test_usage_comes_by_session_and_within_it_by_time(
    filled: Any, monkeypatch: Any
) -> None:
    from tracker.api import exports

    monkeypatch.setattr(exports, "CHUNK", 2)
    late = {"at": "2026-11-22T09:00:00Z", "tokens": {"history": 7}}
    same = {"at": "2026-11-22T10:00:02Z", "tokens": {"history": 7}}
    for event_id, report in {"late": late, "same": same}.items():
        await filled.post("/usage", {"session": "plain", "event_id": event_id} | report)

    answer = await filled.get("/export/usage.ndjson")

    lines = [json.loads(line) for line in answer.text.splitlines()]
    told: dict[str, list[str]] = {"plain": [], "=cmd()": []}
    for line in lines:
        told[line["session"]].append(line["event_id"])
    assert told["plain"] == ["late", "e0", "e2", "same", "e4", "e6", "e8"]
    assert told["=cmd()"] == ["e1", "e3", "e5", "e7"]
    sessions = [line["session"] for line in lines]
    assert sessions in (["plain"] * 7 + ["=cmd()"] * 4, ["=cmd()"] * 4 + ["plain"] * 7)


async def test_a_spreadsheet_finds_no_formula(filled: Any) -> None:
    as_csv = await filled.get("/export/sessions.csv")
    as_lines = await filled.get("/export/sessions.ndjson")

    assert "'=cmd()" in as_csv.text and ",=cmd()" not in as_csv.text
    assert '"session":"=cmd()"' in as_lines.text


async def test_times_bound_the_rows(filled: Any) -> None:
    query = "?since=2026-11-22T10:00:03Z&until=2026-11-22T10:00:05Z"

    lines = (await filled.get(f"/export/usage.ndjson{query}")).text.splitlines()

    assert [json.loads(line)["event_id"] for line in lines] == ["e3", "e4"]


async def test_an_empty_project_gives_a_heading_alone(
    api: Any, stranger_key: str, filled: Any
) -> None:
    answer = await api.get("/export/usage.csv", key=stranger_key)

    assert answer.status_code == 200
    assert answer.text.startswith("id,session,lane,at") and answer.text.count("\n") == 1


async def test_unknown_names_and_parameters_are_refused(api: Any) -> None:
    assert (await api.get("/export/keys.csv")).status_code == 404
    assert (await api.get("/export/usage.xls")).status_code == 404
    wrong = await api.get("/export/usage.csv?until=yesterday")
    assert wrong.status_code == 422 and wrong.json()["error"]["field"] == "until"
    assert (await api.post("/export/usage.csv", {})).status_code == 405


async def test_an_export_is_noted(filled: Any, in_db: Any) -> None:
    from tracker.models import AuditEntry

    await filled.get("/export/events.csv")

    entry = await in_db(AuditEntry.objects.filter(action="export").get)
    assert entry.target == "events.csv" and entry.actor.startswith("key tb_")


async def test_a_project_deleted_just_now_is_missing(api: Any, in_db: Any) -> None:
    from tracker.models import ApiKey, Project

    assert (await api.get("/sessions")).status_code == 200  # the key is remembered

    def delete() -> None:
        ApiKey.objects.all().delete()
        Project.objects.all().delete()

    await in_db(delete)

    assert (await api.get("/export/usage.csv")).status_code == 404

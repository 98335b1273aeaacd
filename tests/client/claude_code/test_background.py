"""What the background process brings to the server, and what it does without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.claude_code.test_compaction_hook import (
    BOUNDARY,
    HOOK,
    request,
    transcript,
)
from tests.client.fake_server import BudgetServer
from tests.client.loopback import Answer, Request
from tracker.client.claude_code import background
from tracker.client.claude_code.background import deliver
from tracker.client.config import Config
from tracker.client.sending.spool import Spool


@pytest.fixture
def spool(server: BudgetServer, monkeypatch: pytest.MonkeyPatch) -> Spool:
    """The one that the background process shares with other programs."""
    monkeypatch.setenv("TOKEN_BUDGET_URL", server.url)
    monkeypatch.setenv("TOKEN_BUDGET_KEY", "tb_1")
    monkeypatch.setattr(background, "COMPACTION_WAITS", (0.0, 0.0, 0.0))
    return Spool(Config.of().spool_folder)


@pytest.fixture
def hook(tmp_path: Path) -> dict[str, Any]:
    path = transcript(tmp_path / "t.jsonl", request(20_000), request(72_340), BOUNDARY)
    return {**HOOK, "transcript_path": str(path)}


def test_a_report_is_stored_and_so_is_what_an_outage_left(
    server: BudgetServer, spool: Spool
) -> None:
    spool.add(b'[{"n": 1}, {"n": 2}]')

    assert deliver("usage", {"n": 3})

    assert server.reports == [{"n": 3}, {"n": 1}, {"n": 2}]
    assert spool.is_empty()


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_report_that_is_not_taken_waits_for_the_next_time(
    status: int, server: BudgetServer, spool: Spool
) -> None:
    server.status = status

    assert not deliver("usage", {"n": 3})

    claim = spool.claim()
    assert claim is not None
    assert json.loads(claim.body) == [{"n": 3}]


def test_a_kept_batch_that_is_too_large_now_is_sent_in_pieces(
    server: BudgetServer, spool: Spool
) -> None:
    spool.add(json.dumps([{"n": number} for number in range(4)]).encode())
    server.too_many = 2

    deliver("usage", {"n": 9})

    taken = [r.json() for r in server.requests if len(r.json()) <= 2]
    assert taken == [[{"n": 9}], [{"n": 0}, {"n": 1}], [{"n": 2}, {"n": 3}]]
    assert spool.is_empty()


@pytest.mark.usefixtures("spool")
def test_a_compaction_is_reported(server: BudgetServer, hook: dict[str, Any]) -> None:
    assert deliver("compaction", {**hook, "compact_summary": "half \ud800"})

    (post,) = server.requests
    assert post.path == "/api/v1/sessions/977f/compressions"
    assert post.json()["before_tokens"] == 72_340
    assert post.json()["summary"] == "half ?"


@pytest.mark.usefixtures("spool")
@pytest.mark.parametrize(
    ("statuses", "is_stored"),
    [([503, 429, 201], True), ([500] * 3, False), ([401], False)],
    ids=str,
)
def test_a_compaction_is_tried_again_as_long_as_that_may_help(
    statuses: list[int],
    is_stored: bool,
    server: BudgetServer,
    hook: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter(statuses)

    def answer(request: Request) -> Answer:
        return Answer(next(answers), {})

    monkeypatch.setattr(server, "answer", answer)

    assert deliver("compaction", hook) is is_stored

    ids = {request.json()["event_id"] for request in server.requests}
    assert len(server.requests) == len(statuses)
    assert ids == {"ab2b"}


@pytest.mark.usefixtures("spool")
def test_without_a_transcript_there_is_no_compaction(server: BudgetServer) -> None:
    assert not deliver("compaction", {**HOOK, "transcript_path": "/nowhere"})
    assert server.requests == []


def test_a_server_that_is_away_is_no_error(
    hook: dict[str, Any], spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_BUDGET_URL", "http://127.0.0.1:9")

    assert not deliver("compaction", hook)
    assert not deliver("usage", {"n": 1})

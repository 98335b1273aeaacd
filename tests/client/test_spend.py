"""`token-budget spend` against a server's answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.client.loopback import Answer, Loopback, Request
from tracker.client.cli import main


def row(name: str, cost: float, **more: Any) -> dict[str, Any]:
    numbers = {
        "input_tokens": 1_000, "output_tokens": 100, "cache_creation_tokens": 1_000,
        "cache_read_tokens": 8_000, "total_tokens": 10_100, "requests": 2,
        "unpriced_requests": 0,
    }  # fmt: skip
    said = {"name": name, "title": "", "models": ["opus"], "cost_usd": cost}
    return said | numbers | more


class SpendServer(Loopback):
    table: dict[str, Any] = {
        "results": [row("2026-11-22", 2.5), row("2026-11-21", 1_000.25)],
        "total": row("total", 1_010, unpriced_requests=3),
        "row_count": 5,
        "prices_as_of": "2026-11-22",
    }
    status = 200
    other: Any = None  # what something between answers in its place

    def answer(self, request: Request) -> Answer:
        if self.other is not None:
            return Answer(self.status, self.other)
        if self.status != 200:
            error = {"code": "forbidden", "field": None, "message": "no read"}
            return Answer(self.status, {"error": error})
        return Answer(200, self.table)


@pytest.fixture
def server() -> Iterator[SpendServer]:
    running = SpendServer()
    yield running
    running.stop()


def test_nothing_that_a_server_answers_moves_the_cursor(
    server: SpendServer, capsys: Any
) -> None:
    server.status, server.other = 502, {"error": {"message": "gone\x1b[2J"}}
    assert spend(server) == 1
    server.status = 200
    named = [row("2026-11\x1b[2J", 1, models=["\x1b[2J"])]
    server.other = server.table | {"results": named, "prices_as_of": "\x1b[2J"}
    assert spend(server) == spend(server, "monthly") == 0

    said = capsys.readouterr()
    assert "gone‹U+001B›" in said.err and "2026-11" in said.out
    assert "\x1b" not in said.err + said.out


@pytest.mark.parametrize("status", [200, 502])
def test_a_list_is_no_answer(server: SpendServer, capsys: Any, status: int) -> None:
    server.status, server.other = status, ["bad gateway"]

    assert spend(server) == 1
    assert server.url in capsys.readouterr().err


def spend(server: SpendServer, *arguments: str) -> int:
    return main(["spend", *arguments, "--url", server.url, "--key", "tb_1"])


def test_the_table_is_oldest_first_with_the_sum_last(
    server: SpendServer, capsys: Any
) -> None:
    assert spend(server) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Day", "Models", "Input", "Output", "Cache", "write",
                                "Cache", "read", "Total", "Cost"]  # fmt: skip
    assert [line.split()[0] for line in lines[2:4]] == ["2026-11-21", "2026-11-22"]
    assert lines[2].endswith("$1,000.25") and lines[5].endswith("$1,010.00")
    assert lines[6:] == [
        "3 more rows; the sum has them.",
        "3 requests have no price here.",
        "List prices of 2026-11-22, US dollars.",
    ]


def test_the_span_and_the_table_are_asked_for(server: SpendServer, capsys: Any) -> None:
    assert spend(server, "monthly", "--since", "2026-11-01", "--until", "20261130") == 0

    (asked,) = server.requests
    assert asked.path.startswith("/api/v1/spend?table=monthly&")
    assert "since=2026-11-01T00%3A00%3A00%2B00%3A00" in asked.path
    assert "until=2026-12-01T00%3A00%3A00%2B00%3A00" in asked.path


def test_a_title_moves_no_cursor(server: SpendServer, capsys: Any) -> None:
    name = row("s", 1, title="\x1b[2Jgone", models=["a", "b", "c", "d"])
    server.table = {**server.table, "results": [name], "row_count": 1}

    assert spend(server, "session") == 0

    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "a, b, c and 1 more" in text


def test_json_is_the_answer(server: SpendServer, capsys: Any) -> None:
    assert spend(server, "--json") == 0

    assert json.loads(capsys.readouterr().out) == server.table


def test_a_refusal_is_said(server: SpendServer, capsys: Any) -> None:
    server.status = 403

    assert spend(server) == 1
    assert "answers 403: no read" in capsys.readouterr().err


def test_without_a_server_it_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name in ("TOKEN_BUDGET_URL", "TOKEN_BUDGET_KEY"):
        monkeypatch.delenv(name, raising=False)

    assert main(["spend"]) == 2
    assert "TOKEN_BUDGET_URL" in capsys.readouterr().err


def test_who_reads_the_table_may_stop_reading(server: SpendServer) -> None:
    """As in `token-budget spend | head -0`."""
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-m", "tracker.client.cli", "spend"]
    finished = subprocess.run(
        [*program, "--url", server.url, "--key", "tb_1"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    os.close(writer)

    assert (finished.returncode, finished.stderr) == (1, b"")

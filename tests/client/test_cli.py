"""The commands as Claude Code runs them: as processes of their own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.client.claude_code.test_compaction_hook import (
    BOUNDARY,
    HOOK,
    request,
    transcript,
)
from tests.client.claude_code.test_statusline import DATA, TELEMETRY
from tests.client.fake_server import BudgetServer
from tests.client.fake_transport import soon
from tracker.client.claude_code import background
from tracker.client.cli import main


def run(*arguments: str, stdin: Any = None, **environment: str) -> Any:
    given = stdin if isinstance(stdin, str) else json.dumps(stdin)
    names = ("TOKEN_BUDGET_", "CLAUDE_", "OTEL_", "NO_COLOR")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(names)}
    return subprocess.run(
        [sys.executable, "-m", "tracker.client.cli", *arguments],
        input=given.encode(),
        capture_output=True,
        timeout=120,
        env={**clean, **environment},
        check=False,
    )


@pytest.fixture
def environment(server: BudgetServer, state: Path) -> dict[str, str]:
    return {
        "TOKEN_BUDGET_URL": server.url,
        "TOKEN_BUDGET_KEY": "tb_1",
        "TOKEN_BUDGET_STATE": str(state),
    }


def test_the_statusline_prints_a_gauge_and_reports_behind_it(
    server: BudgetServer, environment: dict[str, str]
) -> None:
    finished = run("statusline", stdin=DATA, **environment, NO_COLOR="1")

    assert (finished.returncode, finished.stderr) == (0, b"")
    assert finished.stdout.decode().startswith("▰▰▰▱▱▱▱▱▱▱ 36.9 % of 196,000")
    (report,) = soon(lambda: server.reports)
    assert (report["session"], report["window_tokens"]) == ("977f", 200_000)


def test_the_statusline_does_not_wait_for_a_server_that_is_away(
    environment: dict[str, str], state: Path
) -> None:
    away = {**environment, "TOKEN_BUDGET_URL": "http://127.0.0.1:9"}

    finished = run("statusline", stdin=DATA, **away)

    assert b"36.9 %" in finished.stdout
    (kept,) = soon(lambda: list(state.rglob("*.json")))
    assert json.loads(kept.read_bytes())[0]["session"] == "977f"


def test_a_kept_report_goes_out_with_the_next(
    server: BudgetServer, environment: dict[str, str], state: Path
) -> None:
    server.status = 503
    run("statusline", stdin=DATA, **environment)
    assert soon(lambda: list(state.rglob("*.json")))
    server.status = 200

    run("statusline", stdin={**DATA, "session_id": "next"}, **environment)

    assert soon(lambda: len(server.reports) == 3)
    assert [r["session"] for r in server.reports] == ["977f", "next", "977f"]
    assert soon(lambda: not list(state.rglob("*.json*")))


@pytest.mark.parametrize("stdin", ["", "{", "null", "[]"])
def test_the_statusline_survives_any_input(
    stdin: str, server: BudgetServer, environment: dict[str, str]
) -> None:
    finished = run("statusline", stdin=stdin, **environment)

    assert finished.returncode == 0
    assert "no request yet" in finished.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "more", "is_reported"),
    [
        ([], {}, True),
        (["--no-report"], {}, False),
        ([], {"TOKEN_BUDGET_KEY": ""}, False),
        ([], {**TELEMETRY, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b"}, False),
    ],
    ids=["yes", "told not to", "no key", "telemetry reports it"],
)
def test_the_statusline_reports_only_where_it_should(
    arguments: list[str],
    more: dict[str, str],
    is_reported: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(background, "start", lambda *report: started.append(report))
    stdin = SimpleNamespace(buffer=io.BytesIO(json.dumps(DATA).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    where = {"TOKEN_BUDGET_URL": "http://b", "TOKEN_BUDGET_KEY": "tb_1"}
    for name, value in {**where, **more}.items():
        monkeypatch.setenv(name, value)

    assert main(["statusline", *arguments]) == 0

    assert "36.9 %" in capsys.readouterr().out
    assert [kind for kind, _ in started] == (["usage"] if is_reported else [])


def test_the_hook_reports_the_compression_and_says_nothing(
    server: BudgetServer, environment: dict[str, str], tmp_path: Path
) -> None:
    path = transcript(tmp_path / "t.jsonl", request(20_000), request(72_340), BOUNDARY)

    finished = run(
        "hook",
        stdin={**HOOK, "session_id": "team/977f", "transcript_path": str(path)},
        **environment,
    )

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, b"", b"")
    (post,) = soon(lambda: server.requests)
    assert post.path == "/api/v1/sessions/team%2F977f/compressions"
    body = post.json()
    assert (body["event_id"], body["before_tokens"]) == ("ab2b", 72_340)


@pytest.mark.parametrize(
    "stdin",
    ["", "{", [], {**HOOK, "hook_event_name": "Stop"}, {**HOOK, "session_id": None}],
    ids=["nothing", "no json", "a list", "another event", "no session"],
)
def test_other_hooks_are_none_of_our_business(
    stdin: Any, server: BudgetServer, environment: dict[str, str]
) -> None:
    finished = run("hook", stdin=stdin, **environment)

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, b"", b"")
    assert server.requests == []


def test_the_installed_commands_are_the_ones_that_work(
    tmp_path: Path, server: BudgetServer, environment: dict[str, str]
) -> None:
    path = tmp_path / "settings.json"
    run("install", "claude-code", "--settings", str(path), "--write", **environment)
    settings = json.loads(path.read_text())

    finished = subprocess.run(
        settings["statusLine"]["command"],
        shell=True,
        input=json.dumps(DATA).encode(),
        capture_output=True,
        env={**os.environ, **settings["env"], "TOKEN_BUDGET_STATE": str(tmp_path)},
        check=True,
        timeout=120,
    )

    assert b"36.9 %" in finished.stdout
    assert soon(lambda: server.reports)


@pytest.mark.parametrize("command", [[], ["statusline"], ["hook"], ["install"]])
def test_each_command_explains_itself(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])

    assert ended.value.code == 0
    assert "Claude Code" in capsys.readouterr().out

"""The agent is told how full its window is, in time and only then."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import assistant, boundary, user, write
from tracker.client.claude_code import settings
from tracker.client.claude_code.tell import words_for_agent
from tracker.client.config import Config


def asked(path: Path, **more: Any) -> dict[str, Any]:
    return {"hook_event_name": "UserPromptSubmit", "transcript_path": str(path), **more}


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "none"))


def test_it_says_how_full_from_80_percent_on(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", user("Hi."), assistant(1, 150_000))
    assert words_for_agent(asked(path), {}) == ""

    write(path, user("Hi."), assistant(1, 150_000), assistant(2, 172_500))

    said = words_for_agent(asked(path), {})
    assert said.startswith(
        "Token Budget: your context window is 86 % full (172,500 of 200,000 tokens)."
    )
    assert "Save what matters now" in said
    assert words_for_agent(asked(path), {"TOKEN_BUDGET_TELL_FROM": "90"}) == ""


def test_the_point_at_which_the_client_compacts_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", user("Hi."), assistant(1, 90_000))

    said = words_for_agent(asked(path), {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "100000"})

    assert "90 % full (90,000 of 100,000 tokens)" in said


def test_after_a_compaction_it_waits_for_the_next_request(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", assistant(1, 190_000), boundary(190_000))

    assert words_for_agent(asked(path), {}) == ""


@pytest.mark.parametrize("hook", [None, [], {"hook_event_name": "Stop"}])
def test_what_is_no_prompt_or_cannot_be_read_is_silent(
    hook: Any, tmp_path: Path
) -> None:
    assert words_for_agent(hook, {}) == ""
    assert words_for_agent(asked(tmp_path / "gone.jsonl"), {}) == ""


def test_the_command_prints_the_line_and_never_fails(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", user("Hi."), assistant(1, 190_000))
    command = [sys.executable, "-m", "tracker.client.cli", "tell"]

    for given, expected in ((json.dumps(asked(path)), "95 % full"), ("{", "")):
        done = subprocess.run(command, input=given, capture_output=True, text=True)
        assert done.returncode == 0
        assert expected in done.stdout and bool(done.stdout) == bool(expected)


def test_it_is_installed_on_request_beside_other_hooks() -> None:
    own = {"hooks": [{"type": "command", "command": "mine"}]}
    config = Config("http://b:8000", "tb_1")
    wanted = settings.wanted_settings(
        config, "token-budget", telemetry=False, tells=True
    )

    merged, _ = settings.merge_settings({"hooks": {settings.TELL: [own]}}, wanted)
    again, _ = settings.merge_settings(merged, wanted)

    assert merged == again
    assert merged["hooks"][settings.TELL] == [own, wanted["hooks"][settings.TELL][0]]


def test_a_path_that_cannot_be_one_says_nothing() -> None:
    hook = {"hook_event_name": "UserPromptSubmit", "transcript_path": "a\0b"}

    assert words_for_agent(hook, {}) == ""

"""A wrapped program's calls go through the gateway, and nothing else changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_port
from tracker.client.wrap import wrapped

URL, KEY = "http://127.0.0.1:8000", "tb_0123"
MODEL = "claude-sonnet-4-5"
BASE = f"{URL}/gateway/{KEY}"


def environment(
    command: str, tmp_path: Path, **present: str
) -> tuple[dict[str, str], list[str]]:
    return wrapped(URL, KEY, [command, "-x"], {"CODEX_HOME": str(tmp_path), **present})


def test_claude_code_keeps_its_tool_search_and_its_window(tmp_path: Path) -> None:
    added, command = environment("claude", tmp_path, ANTHROPIC_MODEL=MODEL)

    assert added["ANTHROPIC_BASE_URL"] == f"{BASE}/anthropic"
    assert added["ENABLE_TOOL_SEARCH"] == "true"
    assert added["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] == "200000"
    assert command == ["claude", "-x"]
    plain, _ = environment("/opt/bin/claude", tmp_path, ENABLE_TOOL_SEARCH="auto")
    assert plain["ENABLE_TOOL_SEARCH"] == "auto"
    assert "CLAUDE_CODE_AUTO_COMPACT_WINDOW" not in plain


def test_codex_gets_a_provider_for_this_run_by_how_it_is_logged_in(
    tmp_path: Path,
) -> None:
    _, command = environment("codex", tmp_path)
    assert command[0] == "codex" and command[-1] == "-x"
    assert f'base_url = "{BASE}/openai/v1"' in command[4]
    (tmp_path / "auth.json").write_text(json.dumps({"tokens": {"access_token": "x"}}))
    _, command = environment("codex", tmp_path)
    assert f'base_url = "{BASE}/chatgpt"' in command[4]
    _, command = environment("codex", tmp_path, OPENAI_API_KEY="sk-1")
    assert f'base_url = "{BASE}/openai/v1"' in command[4]


def test_others_get_what_they_read(tmp_path: Path) -> None:
    def added(command: str) -> dict[str, str]:
        return environment(command, tmp_path)[0]

    provider = json.loads(added("opencode")["OPENCODE_CONFIG_CONTENT"])["provider"]
    assert provider["anthropic"]["options"]["baseURL"] == f"{BASE}/anthropic/v1"
    assert added("gemini")["GOOGLE_GEMINI_BASE_URL"] == f"{BASE}/gemini"
    assert added("qwen")["OPENAI_BASE_URL"] == f"{BASE}/openai/v1"
    assert added("aider")["OPENAI_API_BASE"] == f"{BASE}/openai/v1"
    anything = added("my-agent")
    assert anything["ANTHROPIC_BASE_URL"] == f"{BASE}/anthropic"
    assert anything["OPENAI_BASE_URL"] == f"{BASE}/openai/v1"


def test_a_proxy_is_not_asked_for_this_machine(tmp_path: Path) -> None:
    added, _ = environment("claude", tmp_path, NO_PROXY="corp.example")
    far, _ = wrapped("https://budget.example", KEY, ["claude"], {})

    assert added["NO_PROXY"] == "corp.example,127.0.0.1"
    assert added["no_proxy"] == "127.0.0.1"
    assert "NO_PROXY" not in far


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TOKEN_BUDGET_")}
    return subprocess.run(
        [sys.executable, "-m", "tracker.client.cli", "wrap", *arguments],
        capture_output=True, text=True, timeout=120, check=False,
        env={**clean, **environment},
    )  # fmt: skip


PRINT = "import os, sys; print(os.environ.get('OPENAI_BASE_URL'), sys.argv[1:])"


def test_without_a_server_the_program_runs_without_it() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = run("--url", url, "--key", KEY, sys.executable, "-c", PRINT, "--flag")

    assert done.stdout.startswith("None ['--flag']")
    assert "runs without the gateway" in done.stderr


def test_what_would_be_set_can_be_shown() -> None:
    done = run("--show", "claude", TOKEN_BUDGET_URL=URL, TOKEN_BUDGET_GATEWAY_KEY=KEY)

    assert f"export ANTHROPIC_BASE_URL='{BASE}/anthropic'" in done.stdout
    assert done.returncode == 0


def test_without_a_key_or_a_program_it_says_so() -> None:
    keyless = run("claude")
    missing = run("--key", KEY, "no-such-program-here")

    assert (keyless.returncode, missing.returncode) == (2, 127)
    assert "TOKEN_BUDGET_GATEWAY_KEY" in keyless.stderr
    assert "command not found" in missing.stderr


@pytest.mark.parametrize("code", [0, 3])
def test_the_programs_exit_code_is_the_commands(code: int) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ends = f"raise SystemExit({code})"

    assert (
        run("--url", url, "--key", KEY, sys.executable, "-c", ends).returncode == code
    )

"""The agents whose files and telemetry are compared, and what each is asked to do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.session_files.scripted import Served

HERE = Path(__file__).parent
INSTALLED = Path(__file__).parents[3] / ".venv-clients" / "session_files"
ONE, FILL, AFTER = "One [[used 21000]]", "Fill [[used {}]]", "Go on [[used 37000]]"
FILL_AGAIN, AT_LAST = "Fill again [[used {}]]", "At last [[used 12000]]"
LOOK = {"description": "Look", "prompt": "Look ((used 5000))"}


# What Claude Code 2.1.332 asks for a summary with.
_SUMMARY_ENDS = ("you will fail the task.", "The user did not write it.")


@dataclass(frozen=True, slots=True)
class Agent:
    """How to run one headless. `turns` are the arguments of its runs, `compactions`
    the (before, after) that its files must tell, 0 for any; `settings` are files below
    its home.
    """

    program: str  # below node_modules
    turns: tuple[tuple[str, ...], ...]
    folder: str
    compactions: tuple[tuple[int, int], ...] = ()
    sub_agents: int = 1
    settings: Callable[[str], dict[str, str]] = field(default=lambda _: {})
    variables: Callable[[str], dict[str, str]] = field(default=lambda _: {})
    is_unwritten: Callable[[Served], bool] = field(default=lambda _: False)
    has_telemetry: bool = False

    def environment(self, home: Path, url: str) -> dict[str, str]:
        """It knows nothing of this machine's keys and settings."""
        told = {"HOME": str(home), "PATH": os.environ["PATH"], "OPENAI_API_KEY": "none"}
        return told | self.variables(url)


def _task(tool: str, **more: str) -> str:
    call = json.dumps(LOOK | more)
    return f"Two [[used 33000 call {tool} {call}]] [[used 34000]]"


def _turns(
    first: tuple[str, ...], again: tuple[str, ...], *prompts: str
) -> tuple[tuple[str, ...], ...]:
    return tuple((*(again if n else first), p) for n, p in enumerate(prompts))


def _no_summary(served: Served) -> bool:
    """Claude Code writes no line of the requests that make its summaries."""
    return served.text.rstrip().endswith(_SUMMARY_ENDS)


def _no_title(served: Served) -> bool:
    """opencode and Kilo Code write no row of the request for a title."""
    return "title" in served.system.lower() and not served.has_tools


def _claude(url: str) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
    }


def _codex(url: str) -> dict[str, str]:
    exporter = f'{{ endpoint = "{url}/v1/logs", protocol = "binary" }}'
    lines = (
        'model = "gpt-6.2-sol"', 'model_provider = "fake"',
        "[model_providers.fake]", 'name = "fake"', f'base_url = "{url}/v1"',
        'wire_api = "responses"', 'env_key = "OPENAI_API_KEY"',
        "[otel]", f"exporter = {{ otlp-http = {exporter} }}",
    )  # fmt: skip
    return {".codex/config.toml": "\n".join(lines)}


def _opencode(name: str) -> Callable[[str], dict[str, str]]:
    def settings(url: str) -> dict[str, str]:
        model = {"name": "m1", "limit": {"context": 128_000, "output": 8_000}}
        provider = {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": f"{url}/v1", "apiKey": "none"},
            "models": {"m1": model},
        }
        own = {"provider": {"fake": provider}, "model": "fake/m1", "autoupdate": False}
        own |= {"small_model": "fake/m1", "share": "disabled"}
        return {f".config/{name}/opencode.json": json.dumps(own)}

    return settings


def _gemini(url: str) -> dict[str, str]:
    told = {"enabled": True, "target": "local", "otlpProtocol": "http"}
    own = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "telemetry": told | {"otlpEndpoint": url},
    }
    return {".gemini/settings.json": json.dumps(own)}


def _qwen(url: str) -> dict[str, str]:
    told = {"enabled": True, "target": "local", "otlpProtocol": "http"}
    own = {
        "security": {"auth": {"selectedType": "openai"}},
        "telemetry": told | {"otlpEndpoint": url},
    }
    return {".qwen/settings.json": json.dumps(own)}


_CLAUDE = ("--model", "claude-sonnet-4-5")
_CODEX = ("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
_GEMINI = ("--yolo", "--skip-trust", "-m", "gemini-2.5-pro")
_QWEN = ("--yolo", "--auth-type", "openai", "-m", "qwen3-coder-plus")
_COPILOT = ("--allow-all-tools", "--no-color")
_CODEX_TASK = (
    'Two [[used 33000 call collaboration/spawn_agent {"task_name": "look", '
    '"message": "Look around", "fork_turns": "none"}]] [[used 33100 call '
    'collaboration/wait_agent {"timeout_ms": 10000}]] [[used 34000]]'
)
_OPENCODE_TURNS = _turns(
    ("run",), ("run", "--continue"),
    ONE, _task("task", subagent_type="general"), FILL.format(126_000), AFTER,
    FILL_AGAIN.format(127_000), AT_LAST,
)  # fmt: skip
AGENTS = {
    "claude": Agent(
        "@anthropic-ai/claude-code-linux-x64/claude",
        _turns(
            (*_CLAUDE, "-p"), (*_CLAUDE, "--continue", "-p"),
            ONE, _task("Agent", subagent_type="general-purpose"), "/compact", AFTER,
            "/compact", AT_LAST,
        ),
        ".claude/projects",
        ((34_000, 37_000), (37_000, 12_000)),
        variables=_claude,
        is_unwritten=_no_summary,
        has_telemetry=True,
    ),
    "codex": Agent(
        ".bin/codex",
        _turns(
            _CODEX, (*_CODEX, "resume", "--last"),
            ONE, _CODEX_TASK, FILL.format(460_000), AFTER,
            FILL_AGAIN.format(465_000), AT_LAST,
        ),
        ".codex/sessions",
        ((460_000, 37_000), (465_000, 12_000)),
        settings=_codex,
        has_telemetry=True,
    ),
    "opencode": Agent(
        "opencode-linux-x64-baseline/bin/opencode",
        _OPENCODE_TURNS,
        ".local/share/opencode",
        ((126_000, 0), (127_000, 0)),
        settings=_opencode("opencode"),
        is_unwritten=_no_title,
    ),
    "kilo": Agent(
        "@kilocode/cli-linux-x64/bin/kilo",
        # With nobody there its `run` waits for ever behind a sub-agent's call.
        _turns(("run",), ("run", "--continue"), ONE, FILL.format(126_000), AFTER),
        ".local/share/kilo",
        ((126_000, 0),),
        sub_agents=0,
        settings=_opencode("kilo"),
        is_unwritten=_no_title,
    ),
    "gemini": Agent(
        ".bin/gemini",
        _turns(
            (*_GEMINI, "-p"), (*_GEMINI, "--resume", "latest", "-p"),
            ONE,
            'Two [[used 33000 call invoke_agent {"agent_name": '
            '"codebase_investigator", "prompt": "Look ((used 5000))"}]] [[used 34000]]',
            AT_LAST,
        ),
        ".gemini/tmp",
        settings=_gemini,
        variables=lambda url: {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": "none"},
        has_telemetry=True,
    ),
    "qwen": Agent(
        ".bin/qwen",
        _turns(
            (*_QWEN, "-p"), (*_QWEN, "--continue", "-p"),
            ONE, _task("agent", subagent_type="general-purpose"), "/compress", AFTER,
            "/compress", AT_LAST,
        ),
        ".qwen/projects",
        ((34_000, 37_000), (37_000, 12_000)),
        settings=_qwen,
        variables=lambda url: {"OPENAI_BASE_URL": f"{url}/v1"},
        has_telemetry=True,
    ),
    "copilot": Agent(
        ".bin/copilot",
        _turns(
            (*_COPILOT, "-p"), (*_COPILOT, "--continue", "-p"),
            ONE, _task("task", name="look", agent_type="explore"), "/compact", AFTER,
        ),
        ".copilot/session-state",
        ((34_000, 37_000),),
        variables=lambda url: {
            "COPILOT_OFFLINE": "true",
            "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
            "COPILOT_PROVIDER_TYPE": "openai",
            "COPILOT_PROVIDER_API_KEY": "none",
            "COPILOT_MODEL": "gpt-5.5",
            "COPILOT_PROVIDER_MAX_PROMPT_TOKENS": "100000",
        },
    ),
}  # fmt: skip

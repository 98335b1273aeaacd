"""`token-budget wrap COMMAND…`: runs a program whose calls go through the gateway.

It changes only the environment of that process, nothing on disk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tracker.domain.providers.catalogue import window_of

GATEWAY_KEY = "TOKEN_BUDGET_GATEWAY_KEY"
CHECK_SECONDS = 3.0
_LOCAL = ("localhost", "127.0.0.1", "::1")
Environment = dict[str, str]


def wrap(url: str, key: str, command: Sequence[str], *, shows: bool = False) -> int:
    """Run `command`; answers its exit code. `shows`: print the environment instead.

    Where the server does not answer, the program runs without it: it must not fail
    because of us.
    """
    if not key:
        _say(f"give --key tb_…, or set {GATEWAY_KEY}")
        return 2
    added, arguments = wrapped(url, key, command, os.environ)
    if shows:
        for name, value in added.items():
            print(f"export {name}={_quoted(value)}")
        return 0
    program = shutil.which(command[0])
    if program is None:
        _say(f"{command[0]}: command not found")
        return 127
    if not _answers(url):
        _say(f"no answer from {url}: {command[0]} runs without the gateway")
        added, arguments = {}, list(command)
    environment = {**os.environ, **added}
    if os.name == "nt":
        return subprocess.call([program, *arguments[1:]], env=environment)
    os.execve(program, list(arguments), environment)  # noqa: S606  # no shell is wanted


def wrapped(
    url: str, key: str, command: Sequence[str], present: Mapping[str, str]
) -> tuple[Environment, list[str]]:
    """What is added to the environment, and the command with what it needs."""
    base = f"{url}/gateway/{key}"
    name = Path(command[0]).name.removesuffix(".exe").removesuffix(".cmd")
    added = _CLIENTS.get(name, _any)(base, present)
    host = urlsplit(url).hostname or ""
    if host in _LOCAL:
        # With HTTP_PROXY set, calls to this machine would go to the proxy.
        for variable in ("NO_PROXY", "no_proxy"):
            held = present.get(variable, "")
            added[variable] = f"{held},{host}" if held else host
    arguments = list(command)
    if name == "codex":
        arguments[1:1] = _codex_options(base, present)
    return added, arguments


def _any(base: str, _: Mapping[str, str]) -> Environment:
    return {
        "ANTHROPIC_BASE_URL": f"{base}/anthropic",
        "OPENAI_BASE_URL": f"{base}/openai/v1",
        "OPENAI_API_BASE": f"{base}/openai/v1",
        "GOOGLE_GEMINI_BASE_URL": f"{base}/gemini",
    }


def _claude(base: str, present: Mapping[str, str]) -> Environment:
    """Behind a host that is not its maker's, Claude Code sends every tool's definition
    with each request, 25,000 tokens and more, and takes unknown models for 200,000.
    """
    added = {
        "ANTHROPIC_BASE_URL": f"{base}/anthropic",
        "ENABLE_TOOL_SEARCH": present.get("ENABLE_TOOL_SEARCH", "true"),
    }
    window = window_of(present.get("ANTHROPIC_MODEL", ""))
    if window and "CLAUDE_CODE_AUTO_COMPACT_WINDOW" not in present:
        added["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] = str(window)
    return added


def _codex(base: str, present: Mapping[str, str]) -> Environment:
    return {"OPENAI_BASE_URL": f"{base}/{_codex_upstream(present)}"}


def _codex_upstream(present: Mapping[str, str]) -> str:
    """Logged in with ChatGPT, Codex speaks to another host than with a key."""
    if present.get("OPENAI_API_KEY") or present.get("CODEX_API_KEY"):
        return "openai/v1"
    home = present.get("CODEX_HOME") or str(Path.home() / ".codex")
    try:
        login = json.loads((Path(home) / "auth.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "openai/v1"
    has_key = isinstance(login, dict) and login.get("OPENAI_API_KEY")
    return "openai/v1" if has_key or not login.get("tokens") else "chatgpt"


def _codex_options(base: str, present: Mapping[str, str]) -> list[str]:
    """Options that name the provider: Codex reads it only from its configuration."""
    upstream = f"{base}/{_codex_upstream(present)}"
    provider = {
        "name": "OpenAI",
        "base_url": upstream,
        "wire_api": "responses",
    }
    said = ", ".join(f"{name} = {json.dumps(text)}" for name, text in provider.items())
    return [
        "-c", 'model_provider="token_budget"',
        "-c", f"model_providers.token_budget={{{said}, requires_openai_auth = true}}",
    ]  # fmt: skip


def _opencode(base: str, _: Mapping[str, str]) -> Environment:
    providers = {
        "anthropic": f"{base}/anthropic/v1",
        "openai": f"{base}/openai/v1",
        "google": f"{base}/gemini/v1beta",
    }
    options = {name: {"options": {"baseURL": at}} for name, at in providers.items()}
    return {"OPENCODE_CONFIG_CONTENT": json.dumps({"provider": options})}


def _gemini(base: str, _: Mapping[str, str]) -> Environment:
    return {"GOOGLE_GEMINI_BASE_URL": f"{base}/gemini"}


def _qwen(base: str, _: Mapping[str, str]) -> Environment:
    return {"OPENAI_BASE_URL": f"{base}/openai/v1"}


def _aider(base: str, _: Mapping[str, str]) -> Environment:
    return {
        "ANTHROPIC_API_BASE": f"{base}/anthropic",
        "OPENAI_API_BASE": f"{base}/openai/v1",
    }


_CLIENTS: Mapping[str, Callable[[str, Mapping[str, str]], Environment]] = {
    "claude": _claude,
    "codex": _codex,
    "opencode": _opencode,
    "gemini": _gemini,
    "qwen": _qwen,
    "aider": _aider,
}


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=CHECK_SECONDS).is_success
    except httpx.HTTPError:
        return False


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def _say(text: str) -> None:
    print(f"token-budget: {text}", file=sys.stderr)

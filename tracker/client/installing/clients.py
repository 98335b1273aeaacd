"""What makes each client report: the changes to its files."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tracker.client.config import Config
from tracker.client.installing.changes import Change, InstallError, read
from tracker.client.installing.opencode_plugin import PLUGIN

# A header's value is percent-decoded by OpenTelemetry's exporters; in a .env file it
# needs no quotes so.
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"


def codex(config: Config) -> list[Change]:
    """Codex: its log events, by `[otel]` in config.toml."""
    path = _home("CODEX_HOME", ".codex") / "config.toml"
    before = read(path)
    text = _text(path, before)
    try:
        has_otel = "otel" in tomllib.loads(text)
    except ValueError as error:
        raise InstallError(f"{path} is not valid TOML: {error}. Correct it.") from error
    if has_otel:
        raise InstallError(
            f"{path} has [otel] already. Codex sends to one place: take it out first."
        )
    said = {"endpoint": f"{config.url}/v1/logs", "protocol": "binary"}
    fields = [f"{name} = {json.dumps(value)}" for name, value in said.items()]
    header = json.dumps(f"Bearer {config.key}")
    fields.append(f'headers = {{ "authorization" = {header} }}')
    table = (
        "[otel]\n# Token Budget: numbers only, no prompts.\nlog_user_prompt = false\n"
        f"exporter = {{ otlp-http = {{ {', '.join(fields)} }} }}\n"
    )
    between = "" if not text or text.endswith("\n\n") else "\n"
    between = "\n\n" if text and not text.endswith("\n") else between
    return [Change(path, before, f"{text}{between}{table}".encode())]


def gemini(config: Config) -> list[Change]:
    """Gemini CLI: its log events, by `telemetry` in settings.json and a header in
    `.env` beside it.
    """
    return _gemini_like(config, Path.home() / ".gemini")


def qwen(config: Config) -> list[Change]:
    """Qwen Code: its spans, the same way."""
    return _gemini_like(config, Path.home() / ".qwen")


def opencode(config: Config) -> list[Change]:
    """opencode: a plugin of ours in its folder of plugins."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    path = Path(base) / "opencode" / "plugin" / "token-budget.js"
    words = {"URL": config.url, "KEY": config.key}
    text = PLUGIN
    for name, value in words.items():
        text = text.replace(f'"{name}"', json.dumps(value))
    return [Change(path, read(path), text.encode())]


CLIENTS: Mapping[str, Callable[[Config], list[Change]]] = {
    "codex": codex,
    "gemini": gemini,
    "qwen": qwen,
    "opencode": opencode,
}


def copilot_lines(config: Config) -> str:
    """GitHub Copilot CLI reads its telemetry's address from the environment alone."""
    return "\n".join(
        (
            "export COPILOT_OTEL_ENABLED=true",
            f"export OTEL_EXPORTER_OTLP_ENDPOINT={config.url}",
            f"export {HEADERS}=Authorization=Bearer%20{config.key}",
        )
    )


def _gemini_like(config: Config, folder: Path) -> list[Change]:
    path, env = folder / "settings.json", folder / ".env"
    before, env_before = read(path), read(env)
    wanted = {
        "enabled": True,
        "target": "local",
        "otlpEndpoint": config.url,
        "otlpProtocol": "http",
        "logPrompts": False,
    }
    settings = _object(path, before)
    held = settings.setdefault("telemetry", {})
    if not isinstance(held, dict):
        raise InstallError(f"telemetry in {path} is not a JSON object.")
    other = held.get("otlpEndpoint")
    if other not in (None, "", config.url):
        raise InstallError(f"{path} sends telemetry to {other} already. Take it out.")
    held.update(wanted)
    lines = _text(env, env_before).splitlines()
    if any(line.startswith(f"{HEADERS}=") for line in lines):
        raise InstallError(f"{env} sets {HEADERS} already. Take it out first.")
    lines.append(f"{HEADERS}=Authorization=Bearer%20{config.key}")
    text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return [
        Change(path, before, text.encode()),
        Change(env, env_before, ("\n".join(lines) + "\n").encode()),
    ]


def _object(path: Path, content: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(content) if content and content.strip() else {}
    except ValueError as error:
        raise InstallError(
            f"{path} is not plain JSON: {error}. Comments would be lost."
        ) from error
    if not isinstance(found, dict):
        raise InstallError(f"{path} does not hold a JSON object.")
    return found


def _text(path: Path, content: bytes | None) -> str:
    try:
        return (content or b"").decode()
    except UnicodeDecodeError as error:
        raise InstallError(
            f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8 first."
        ) from error


def _home(variable: str, name: str) -> Path:
    moved = os.environ.get(variable)
    return Path(moved) if moved else Path.home() / name

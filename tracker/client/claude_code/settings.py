"""The settings that make Claude Code report, and how they are written safely."""

from __future__ import annotations

import copy
import json
import os
import time
from pathlib import Path
from typing import Any

from tracker.client.config import Config

HOOK = "PostCompact"
TELL = "UserPromptSubmit"
_OURS = ("token-budget", "tracker.client.cli")


class SettingsError(Exception):
    """The settings cannot be changed safely; the message says why."""


def settings_path() -> Path:
    """`settings.json` in CLAUDE_CONFIG_DIR, or else in `~/.claude`."""
    folder = os.environ.get("CLAUDE_CONFIG_DIR")
    return Path(folder or Path.home() / ".claude") / "settings.json"


def wanted_settings(
    config: Config, command: str, *, telemetry: bool, tells: bool = False
) -> dict[str, Any]:
    """The settings that make Claude Code report. `command` runs this program;
    `telemetry` adds Claude Code's OpenTelemetry events, `tells` the hook that tells
    the agent how full its window is.
    """
    environment = {"TOKEN_BUDGET_URL": config.url, "TOKEN_BUDGET_KEY": config.key}
    if telemetry:
        environment |= {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": config.url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {config.key}",
        }
    hook = {"type": "command", "command": f"{command} hook"}
    hooks = {HOOK: [{"hooks": [hook]}]}
    if tells:
        hooks[TELL] = [{"hooks": [{"type": "command", "command": f"{command} tell"}]}]
    return {
        "env": environment,
        "statusLine": {"type": "command", "command": f"{command} statusline"},
        "hooks": hooks,
    }


def read_settings(path: Path) -> dict[str, Any]:
    """The file's JSON object; {} if it is missing or empty. Raises SettingsError for
    anything else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        settings = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise SettingsError(
            f"{path} is not valid JSON: {error}. Correct it first."
        ) from error
    if not isinstance(settings, dict):
        raise SettingsError(f"{path} does not hold a JSON object.")
    return settings


def merge_settings(
    existing: dict[str, Any], wanted: dict[str, Any], *, force: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """`existing` with `wanted` added, and the names of values that are not ours and
    were therefore kept, like `env.OTEL_LOGS_EXPORTER`. `force` keeps none.

    Changes neither argument. Raises SettingsError where `existing` has another shape
    than Claude Code's settings.
    """
    merged = copy.deepcopy(existing)
    kept: list[str] = []
    environment = _object(merged, "env")
    for name, value in wanted["env"].items():
        is_ours = name.startswith("TOKEN_BUDGET_")
        if environment.get(name, value) != value and not (force or is_ours):
            kept.append(f"env.{name}")
        else:
            environment[name] = value
    line = merged.get("statusLine")
    if line is not None and not _is_ours(line) and not force:
        kept.append("statusLine")
    else:
        merged["statusLine"] = wanted["statusLine"]
    for event, entries in wanted["hooks"].items():
        _merge_hook(_object(merged, "hooks"), event, entries)
    return merged, kept


def _merge_hook(hooks: dict[str, Any], event: str, wanted: list[Any]) -> None:
    """Keep the event's other hooks. Replace ours, so that it is never there twice."""
    entries = hooks.get(event) or []
    if not isinstance(entries, list):
        raise SettingsError(f"hooks.{event} is not a list.")
    hooks[event] = [entry for entry in entries if not _is_ours(entry)] + wanted


def _object(settings: dict[str, Any], name: str) -> dict[str, Any]:
    found = settings.setdefault(name, {})
    if not isinstance(found, dict):
        raise SettingsError(f"{name} is not a JSON object.")
    return found


def _is_ours(value: Any) -> bool:
    text = json.dumps(value)
    return any(name in text for name in _OURS)


def write_settings(path: Path, settings: dict[str, Any]) -> Path | None:
    """Replace the file in one step, so that no reader sees half of it.

    Returns where the old file was copied to; None if there was none. Only the owner
    can read either: they hold the key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Replacing a symbolic link would cut the tie to somebody's dotfiles: write to
    # the file it points to.
    path = path.resolve()
    backup = None
    if path.exists():
        stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06d}"
        backup = path.with_name(f"{path.name}.backup-{stamp}")
        _write(backup, path.read_bytes())
    temporary = path.with_name(f".{path.name}.new-{os.getpid()}")
    _write(temporary, as_text(settings))
    temporary.replace(path)
    return backup


def as_text(settings: dict[str, Any]) -> bytes:
    return (json.dumps(settings, indent=2) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)

"""What a client's own settings files, beside its sessions, say about windows.

Three names are read and nothing else is kept: Claude Code's `settings.json` above its
`projects` folder, Codex's `config.toml` above its `sessions`.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.domain.providers.client_windows import AUTO_COMPACT_WINDOW, told_tokens

NO_LONG_CONTEXT = "CLAUDE_CODE_DISABLE_1M_CONTEXT"
_CLAUDE_FILES = ("settings.json", "settings.local.json")
_OFF = ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`compact_at_tokens`: where the client compacts by itself, None if not set."""

    compact_at_tokens: int | None = None
    has_no_long_context: bool = False


def claude_code_settings(
    session_file: Path, environment: Mapping[str, str] = os.environ
) -> ClientSettings:
    """The settings of the session's owner; this process's environment comes first."""
    found: dict[str, Any] = {}
    own: Any = None
    folder = _above(session_file, "projects")
    for name in _CLAUDE_FILES if folder else ():
        settings = _read(folder / name, json.loads) if folder else {}
        given = settings.get("env")
        found.update(given if isinstance(given, dict) else {})
        own = settings.get("autoCompactWindow", own)
    for name in (NO_LONG_CONTEXT, AUTO_COMPACT_WINDOW):
        if name in environment:
            found[name] = environment[name]
    return ClientSettings(
        compact_at_tokens=told_tokens(found.get(AUTO_COMPACT_WINDOW))
        or told_tokens(own),
        has_no_long_context=str(found.get(NO_LONG_CONTEXT, "")).lower() not in _OFF,
    )


def codex_settings(session_file: Path) -> ClientSettings:
    """The settings of the rollout's owner; those of the active profile come first."""
    folder = _above(session_file, "sessions") or _above(
        session_file, "archived_sessions"
    )
    config = _read(folder / "config.toml", tomllib.loads) if folder else {}
    profiles, active = config.get("profiles"), config.get("profile")
    profile = profiles.get(active) if isinstance(profiles, dict) else None
    name = "model_auto_compact_token_limit"
    own = profile.get(name) if isinstance(profile, dict) else None
    return ClientSettings(
        compact_at_tokens=told_tokens(own) or told_tokens(config.get(name))
    )


def _above(path: Path, name: str) -> Path | None:
    """The folder that holds the folder `name` in which `path` lies."""
    return next(
        (one.parent for one in path.absolute().parents if one.name == name), None
    )


def _read(path: Path, parse: Any) -> dict[str, Any]:
    try:
        data = parse(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}

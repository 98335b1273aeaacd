"""Where Claude Code compacts by itself, as its settings have it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tracker.client.claude_code.settings import (
    SettingsError,
    read_settings,
    settings_path,
)
from tracker.domain.providers.client_windows import AUTO_COMPACT_WINDOW, told_tokens


def compact_at_tokens(
    project: str, environment: Mapping[str, str] = os.environ
) -> int | None:
    """CLAUDE_CODE_AUTO_COMPACT_WINDOW, else `autoCompactWindow` of the nearest settings
    file: the two of the `project` folder ("" for none), then the person's. None if it
    is not set, or files cannot be read.
    """
    told = told_tokens(environment.get(AUTO_COMPACT_WINDOW))
    if told is not None:
        return told
    for settings in _settings(project):
        found = told_tokens(settings.get("autoCompactWindow"))
        if found is not None:
            return found
    return None


def _settings(project: str) -> Iterator[dict[str, Any]]:
    paths = [settings_path()]
    if project:
        folder = Path(project) / ".claude"
        paths = [folder / "settings.local.json", folder / "settings.json", *paths]
    for path in paths:
        try:
            yield read_settings(path)
        except (SettingsError, OSError, ValueError):
            continue

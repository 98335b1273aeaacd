"""Where the clients of this person keep their sessions, and what lies there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracker.sources.transcripts.agents.registry import CLIENTS
from tracker.sources.transcripts.finding.folders import transcript_looks

# Variables that move a client's folder (the first one set counts), and the subfolder.
_MOVED = {
    "Claude Code": {"CLAUDE_CONFIG_DIR": "projects"},
    "Codex": {"CODEX_HOME": "sessions"},
    "Codex, archived": {"CODEX_HOME": "archived_sessions"},
    "Gemini CLI": {"GEMINI_CLI_HOME": ".gemini/tmp"},
    "Qwen Code": {"QWEN_RUNTIME_DIR": "projects", "QWEN_HOME": "projects"},
    "GitHub Copilot CLI": {"COPILOT_HOME": "session-state"},
    "pi": {"PI_CODING_AGENT_DIR": "sessions"},
    "Kimi Code": {"KIMI_CODE_HOME": "sessions"},
    "Mistral Vibe": {"VIBE_HOME": "logs/session"},
    "Continue": {"CONTINUE_GLOBAL_DIR": "sessions"},
    "opencode": {"XDG_DATA_HOME": "opencode"},
    "Kilo Code": {"XDG_DATA_HOME": "kilo"},
    "Goose": {"XDG_DATA_HOME": "goose/sessions"},
    "Zed": {"XDG_DATA_HOME": "zed/threads"},
    "gptme": {"XDG_DATA_HOME": "gptme/logs"},
    "llm": {"LLM_USER_PATH": "", "XDG_CONFIG_HOME": "io.datasette.llm"},
}
_HOMES = {
    "Claude Code": ".claude/projects",
    "Codex": ".codex/sessions",
    "Codex, archived": ".codex/archived_sessions",
    **{client.label: client.home for client in CLIENTS if client.home},
}


@dataclass(frozen=True, slots=True)
class FoundFolder:
    """One client's folder; `newest` is when the last file changed."""

    client: str
    folder: Path
    files: int
    size: int
    newest: datetime

    def __str__(self) -> str:
        megabytes = self.size / 1e6
        return (
            f"{self.client}: {self.files:,} session files, {megabytes:,.1f} MB, newest "
            f"{self.newest:%Y-%m-%d %H:%M} UTC ({self.folder})"
        )


def session_folders(
    home: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Iterator[FoundFolder]:
    """The folders of all known clients that hold session files, one after the other.

    `home` is this person's home folder if not given. Files are looked at, not opened.
    """
    for client, folder in client_folders(home or Path.home(), environment):
        if not folder.is_dir():
            continue
        looks = [look for _, look in transcript_looks(folder)]
        if looks:
            newest = datetime.fromtimestamp(max(look[1] for look in looks) / 1e9, UTC)
            size = sum(look[0] for look in looks)
            yield FoundFolder(client, folder, len(looks), size, newest)


def client_folders(
    home: Path, environment: Mapping[str, str]
) -> Iterator[tuple[str, Path]]:
    """Where each known client keeps its sessions, whether it is there or not."""
    for client in _HOMES:
        yield client, _folder(client, home, environment)


def _folder(client: str, home: Path, environment: Mapping[str, str]) -> Path:
    for variable, below in _MOVED.get(client, {}).items():
        if moved := environment.get(variable, ""):
            return Path(moved).expanduser() / below
    return home / _HOMES[client]

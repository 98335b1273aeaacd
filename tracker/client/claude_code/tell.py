"""Tells the agent itself how full its window is, before its client compacts it.

Claude Code runs it with each prompt (UserPromptSubmit) and shows the model what it
prints.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracker.client.claude_code.compaction_hook import read_transcript
from tracker.client.claude_code.compaction_trigger import compact_at_tokens
from tracker.client.claude_code.settings import TELL
from tracker.domain.providers.client_windows import claude_code_window

FROM_PERCENT = "TOKEN_BUDGET_TELL_FROM"  # percent of the window; 80 if not set
_FROM = 80
ADVICE = (
    "It is compacted by itself when it is full, and details are lost then. Save what "
    "matters now (decisions, open tasks, names of files) to a file, and be brief."
)


def words_for_agent(hook: Any, environment: Mapping[str, str] = os.environ) -> str:
    """One line, or "" where there is nothing to say: below the share, right after a
    compaction, or where the transcript or the window is not known. Raises nothing.

    172,000 of 200,000 tokens: `Your context window is 86 % full (172,000 of …`.
    """
    if not isinstance(hook, dict) or hook.get("hook_event_name") != TELL:
        return ""
    try:
        seen = read_transcript(Path(str(hook.get("transcript_path") or "")))
    except (OSError, ValueError):  # gone, or a path with a NUL in it
        return ""
    if seen.boundary is not None and not seen.is_followed:
        return ""
    project = str(hook.get("cwd") or "")
    window = compact_at_tokens(project, environment) or claude_code_window(seen.model)
    if not window or 100 * seen.before_tokens < _share(environment) * window:
        return ""
    percent = 100 * seen.before_tokens // window
    return (
        f"Token Budget: your context window is {percent} % full "
        f"({seen.before_tokens:,} of {window:,} tokens). {ADVICE}"
    )


def _share(environment: Mapping[str, str]) -> int:
    given = environment.get(FROM_PERCENT, "")
    return int(given) if given.isdecimal() and int(given) <= 100 else _FROM

"""Requests that are no state of the window: helper calls, rewound branches."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.providers.model_names import bare_name
from tracker.sources.transcripts.claude_code.branches import Held, held_at
from tracker.sources.transcripts.claude_code.requests import Request
from tracker.sources.transcripts.claude_code.sessions import SessionMemory
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.window import Window

HELPER_CALL = "helper_call"
REWOUND = "rewound"
ZERO_INPUT = "zero_input"

# The sources that Claude Code names for requests of the conversation itself.
_OWN_SOURCES = ("repl_main_thread", "sdk", "main", "agent")
# Its system prompt and tools alone are more than half of this.
_LEAST_HELD = 20_000


@dataclass(frozen=True, slots=True)
class Aside:
    """Why a request is not part of the conversation, and what its own branch held, if
    any.
    """

    reason: str
    held: Held | None = None


def aside_of(
    file: GrowingFile, memory: SessionMemory, window: Window, request: Request
) -> Aside | None:
    """Why this request is not part of the conversation; None if it is.

    Both kinds show in a window that shrank without a compaction. A title that Haiku is
    asked for brings 600 tokens where the conversation held 90,000. After a rewind the
    request hangs on an older line; when the next one hangs on it in turn, the
    conversation goes on there.
    """
    used, held_before = request.used_tokens, window.used_tokens
    if window.pending is not None:
        held_before = window.after_estimate(window.pending)
    if held_before is None and _has_own_source(memory, request) is False:
        held_before = _LEAST_HELD  # a title asked for before the first answer
    if not used or held_before is None or window.begins_anew or used >= held_before:
        return None
    branches, name = memory.branches_of(window), request.line.uuid
    if used * 2 < held_before and _is_for_the_client(memory, window, request):
        branches.helper, branches.helper_model = name or "", request.model
        return Aside(HELPER_CALL)
    if window.pending is not None or name is None or name not in branches.entry:
        return None
    held = held_at(file, window, branches, end=request.start)
    if held is None:
        return None
    branches.step_aside()
    return Aside(REWOUND, held)


def _is_for_the_client(memory: SessionMemory, window: Window, request: Request) -> bool:
    """A request to another model, or one that names another source than the
    conversation.
    """
    is_own = _has_own_source(memory, request)
    if is_own is not None:
        return not is_own
    model = request.model
    return bool(model and window.model) and bare_name(model) != bare_name(window.model)


def _has_own_source(memory: SessionMemory, request: Request) -> bool | None:
    """Whether it names the conversation as its source; None if it names no source."""
    source = memory.sources.get(request.line.request_ref or "")
    return None if source is None else source.startswith(_OWN_SOURCES)

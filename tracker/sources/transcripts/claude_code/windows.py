"""How large the window is that Claude Code works with, and who says so."""

from __future__ import annotations

from typing import Any

import msgspec

from tracker.domain.providers.catalogue import window_of
from tracker.domain.providers.client_windows import (
    LARGE_WINDOW,
    SMALL_WINDOW,
    claude_code_window,
)
from tracker.domain.providers.model_names import bare_name, is_long_context
from tracker.sources.transcripts.claude_code.lines import CompactMetadata, Line
from tracker.sources.transcripts.client_settings import ClientSettings

_LONG_BETA = "context-1m"
# An automatic compaction this near below SMALL_WINDOW shows that window (155,000 to
# 168,000 in real sessions). Earlier ones may come from a trigger a person has set.
_LEAST_OF_SMALL = 150_000


class ClientWord(msgspec.Struct):
    """What one lane's lines have said about its window so far."""

    model: str = ""  # as an attachment names it: there `[1m]` is kept
    has_long_beta: bool = False  # the newest request asked for a million tokens
    most_tokens: int = 0  # held at once, by the client's or the provider's count
    compacted_small: str = ""  # the model that was compacted below SMALL_WINDOW
    version: str = ""

    def hear(self, line: Line) -> None:
        """Take what a line of any kind says of it: version, model, request."""
        self.version = line.version or self.version
        attachment: Any = line.attachment
        if isinstance(attachment, dict) and attachment.get("type") == "model":
            identity = attachment.get("identity")
            name = identity.get("modelId") if isinstance(identity, dict) else None
            self.model = name if isinstance(name, str) else ""
        if line.params is not None:
            betas = line.params.betas or []
            self.has_long_beta = any(beta.startswith(_LONG_BETA) for beta in betas)

    def hear_compaction(self, told: CompactMetadata, model: str) -> None:
        """A compaction at 167,000 tokens that nobody asked for shows 200,000."""
        tokens = told.pre_tokens or 0
        if tokens > SMALL_WINDOW:
            self.most_tokens = max(self.most_tokens, tokens)
        elif tokens >= _LEAST_OF_SMALL and told.trigger == "auto":
            self.compacted_small = bare_name(model)

    def window_for(
        self, model: str, used_tokens: int, settings: ClientSettings
    ) -> tuple[int | None, str]:
        """The window `model` has at a request that held `used_tokens`, and its source.

        The client's own word comes first, then its settings, then the dated table.
        (None, "") leaves it to policy and catalogue: the table says what they say, or
        does not know the model.
        """
        self.most_tokens = max(self.most_tokens, used_tokens)
        is_named_long = is_long_context(self.model) and _same(self.model, model)
        if is_named_long or self.has_long_beta or is_long_context(model):
            return LARGE_WINDOW, "client"
        known = window_of(model)
        if self.most_tokens > SMALL_WINDOW:
            # It held more, so the window is larger, if the model has a larger one.
            is_large = known is not None and known > SMALL_WINDOW
            return (LARGE_WINDOW, "client") if is_large else (None, "")
        if self.compacted_small and self.compacted_small == bare_name(model):
            return SMALL_WINDOW, "client"
        table = claude_code_window(model, self.version)
        if table == LARGE_WINDOW and settings.has_no_long_context:
            return SMALL_WINDOW, "client_setting"
        if table is None or table == known:
            return None, ""
        return table, "client_table"


def _same(one: str, other: str) -> bool:
    return bare_name(one) == bare_name(other)

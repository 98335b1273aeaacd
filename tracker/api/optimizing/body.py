"""The body of POST optimize, its long fields still as bytes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from tracker.domain.reports import MAX_TOKENS
from tracker.sources.native import ModelName, Name, Title

_LONG = ("system", "user_context", "tools")


class OptimizeBody(Struct, forbid_unknown_fields=True):
    """The long fields are left as bytes: a worker reads them (`tracker.workers`)."""

    messages: Raw
    system: Raw = msgspec.field(default_factory=Raw)
    user_context: Raw = msgspec.field(default_factory=Raw)
    tools: Raw = msgspec.field(default_factory=Raw)
    model: ModelName | None = None
    title: Title | None = None
    window_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    force: bool = False
    dry_run: bool = False
    event_id: Name | None = None
    # The id of a cut: the client sends only the messages that follow it.
    after: Annotated[str, Meta(max_length=64)] | None = None
    # For a dry run: try another summariser than the policy's.
    summariser: str | None = None

    def long_fields(self, messages: bytes) -> bytes:
        """A body of the long fields alone, with these messages."""
        parts = [b'{"messages":', messages]
        for name in _LONG:
            if raw := bytes(getattr(self, name)):
                parts += [b',"', name.encode(), b'":', raw]
        return b"".join([*parts, b"}"])


optimize_body = msgspec.json.Decoder(OptimizeBody)

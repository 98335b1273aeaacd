"""The window a client works with, and where it compacts, as its spans tell them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from tracker.domain.providers.client_windows import told_tokens
from tracker.sources.otlp import names
from tracker.sources.otlp.wire.records import Span


class _QwenUsage(msgspec.Struct):
    window_size_tokens: int = 0
    compaction_reserve_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ClientLimits:
    window_tokens: int | None = None
    compact_at_tokens: int | None = None


UNTOLD = ClientLimits()


def told_limits(span: Span) -> ClientLimits:
    """What Qwen Code tells with each request: 1,000,000 with a reserve of 150,000, so
    it compacts at 850,000.
    """
    told = span.attributes.get(names.QWEN_USAGE)
    return _of_qwen(told) if isinstance(told, str) else UNTOLD


def limits_around(spans: Iterable[Span]) -> ClientLimits:
    """What Copilot's agent tells, of the innermost of these spans: how much a request
    may hold.
    """
    for span in spans:
        limit = told_tokens(span.attributes.get(names.COPILOT_LIMIT))
        if limit is not None:
            return ClientLimits(window_tokens=limit)
    return UNTOLD


def _of_qwen(text: str) -> ClientLimits:
    try:
        usage = msgspec.json.decode(text, type=_QwenUsage)
    except (msgspec.MsgspecError, RecursionError):
        return UNTOLD
    window = told_tokens(usage.window_size_tokens)
    if window is None:
        return UNTOLD
    reserve = usage.compaction_reserve_tokens
    return ClientLimits(window, told_tokens(window - reserve) if reserve > 0 else None)

"""Which paths call a model, and in which shape."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracker.domain.dialects.relayed_items import GEMINI, RESPONSES

ANTHROPIC, CHAT = "anthropic", "chat"
_CALLS = (
    # Claude at Google's Vertex AI has the second one.
    (
        re.compile(
            r"/messages/?$|/models/(?!count-tokens:)[^/]+:(streamR|r)awPredict$"
        ),
        ANTHROPIC,
    ),
    (re.compile(r"/chat/completions/?$"), CHAT),
    (re.compile(r"/responses(/compact)?/?$"), RESPONSES),
    (re.compile(r"/models/[^/]+:(stream)?[gG]enerateContent$"), GEMINI),
)
# A count must be of the messages that the next call will send, cut included.
_COUNTS = (
    (re.compile(r"/messages/count_tokens/?$|/count-tokens:rawPredict$"), ANTHROPIC),
    (re.compile(r"/responses/input_tokens/?$"), RESPONSES),
    (re.compile(r"/models/[^/]+:countTokens$"), GEMINI),
)
FIELDS = {
    ANTHROPIC: "messages",
    CHAT: "messages",
    RESPONSES: "input",
    GEMINI: "contents",
}


def shape_of(method: str, path: str) -> str:
    """How a model is called at this path; "" for every other path."""
    return _matching(_CALLS, path) if method == "POST" else ""


def counted_shape_of(method: str, path: str) -> str:
    """The same for paths that count a call's tokens."""
    return _matching(_COUNTS, path) if method == "POST" else ""


def _matching(patterns: Sequence[tuple[re.Pattern[str], str]], path: str) -> str:
    return next((shape for found, shape in patterns if found.search(path)), "")

"""Why a prompt cache was missed, where somebody says so: stored as a few words.

Anthropic's answers have `diagnostics.cache_miss_reason.type` where a request names the
answer before it (Python SDK 2.14, `types/diagnostics.py`), OpenAI's Responses have
`prompt_cache_diagnostics` (SDK 3.57, `types/responses/response.py`). What the gateway
saw itself is the first difference between two requests (prefixes.py).
"""

from __future__ import annotations

from typing import Any

_TOLD = {
    "model_changed": "another model",
    "system_changed": "the system prompt changed",
    "tools_changed": "the tool definitions changed",
    "messages_changed": "an earlier message changed",
    "input_changed": "an earlier message changed",
    "context_compacted": "the conversation was compacted",
    "prompt_cache_key_changed": "another prompt_cache_key",
    "text_format_changed": "the format of the text changed",
    "reasoning_effort_changed": "another reasoning effort",
    "verbosity_changed": "another verbosity",
    "service_tier_changed": "another service tier",
}
_SEEN = {
    "model": "another model than the request before",
    "tools": "the tool definitions are others than in the request before",
    "system": "the system prompt is another than in the request before",
    "cut": "a compression by Token Budget replaced the beginning",
}


def told_reason(anthropic: Any, openai: Any) -> str | None:
    """`{"cache_miss_reason": {"type": "tools_changed", …}}` is "told tools_changed", as
    is OpenAI's `{"type": "cache_miss", "reason": "tools_changed", …}`. None for a hit,
    and where the provider gives no reason ("unavailable", or not yet known).
    """
    found: Any = None
    if isinstance(anthropic, dict):
        missed = anthropic.get("cache_miss_reason")
        found = missed.get("type") if isinstance(missed, dict) else None
    elif isinstance(openai, dict):
        found = openai.get("reason")
    return f"told {found}" if isinstance(found, str) and found in _TOLD else None


def reason_words(stored: str | None) -> str | None:
    """For people: "the provider says: the tool definitions changed". None for nothing,
    and for what only a newer version knows.
    """
    how, _, what = (stored or "").partition(" ")
    if how == "told" and what in _TOLD:
        return f"the provider says: {_TOLD[what]}"
    if how == "seen" and what in _SEEN:
        return _SEEN[what]
    kind, _, place = what.partition(" ")
    number, _, count = place.partition(" of ")
    if how == "seen" and kind == "message" and number.isdigit() and count.isdigit():
        return f"message {number} of {count} is another than in the request before"
    return None

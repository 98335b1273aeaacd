"""Spans of calls: as an SDK writes them, and as instrumentation around it does."""

from __future__ import annotations

from typing import Any

from tests.sources.otlp.bodies import span

SDK = "com.anthropic.sdk.python"
OPENINFERENCE = "openinference.instrumentation.anthropic"


def usage(tokens: int = 900, output: int = 30, **more: Any) -> dict[str, Any]:
    """Attributes of a call; `__` in a name stands for a dot."""
    return {
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.output_tokens": output,
        "gen_ai.request.model": "claude-sonnet-4-5",
        **{key.replace("__", "."): value for key, value in more.items()},
    }


def sdk_span(number: int, tokens: int = 900, **more: Any) -> dict[str, Any]:
    """The SDK's own span of the call that is answered by `msg_<number>`."""
    attributes = usage(tokens, 29, gen_ai__response__id=f"msg_{number}")
    attributes["gen_ai.response.model"] = "claude-sonnet-4-5-20250929"
    return span(number, attributes, scope=SDK, **more)

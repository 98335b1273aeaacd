"""Each call the driven programs made, as the fake provider counted it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a model. `used_tokens` includes what the cache read and wrote."""

    session: str
    model: str
    used_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int = 0
    response_id: str | None = None  # where the exporter sends it


def openai_chat(session: str, **more: str) -> Call:
    return Call(session, "gpt-5-2026-08-07", 1000, 37, 600, **more)


def claude(session: str, **more: str) -> Call:
    return Call(session, "claude-sonnet-4-5-20250929", 703, 29, 600, 100, **more)


CALLS: dict[str, list[Call]] = {
    "langfuse": [openai_chat("langfuse-chat")] * 2,
    "openinference": [
        *[openai_chat("openinference-openai")] * 2,
        claude("openinference-anthropic", response_id="msg_3"),
        claude("openinference-anthropic", response_id="msg_4"),
    ],
    # LiteLLM sends the model as asked for, and its own id for Anthropic's answers.
    "litellm": [
        replace(openai_chat("litellm-chat", response_id="chatcmpl-1"), model="gpt-5"),
        *[replace(claude("litellm-chat"), model="claude-sonnet-4-5")] * 2,
    ],
    "pydantic-ai": [
        openai_chat("pydantic-openai", response_id="chatcmpl-1"),
        openai_chat("pydantic-openai", response_id="chatcmpl-2"),
        claude("pydantic-anthropic", response_id="msg_3"),
        claude("pydantic-anthropic", response_id="msg_4"),
    ],
    # Of a stream LangChain knows the model as asked for.
    "langchain": [
        openai_chat("langchain-openai"),
        replace(openai_chat("langchain-openai"), model="gpt-5"),
        claude("langchain-anthropic", response_id="msg_3"),
        replace(
            claude("langchain-anthropic", response_id="msg_4"),
            model="claude-sonnet-4-5",
        ),
    ],
}
GROUPS = tuple(CALLS)
# Those that send spans by an exporter of OpenTelemetry's, also each as it ends.
SPANS = ("openinference", "pydantic-ai", "langchain")
ONE_BY_ONE = "-one-by-one"  # in the names of their fixtures

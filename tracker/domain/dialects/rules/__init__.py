"""What each provider refuses: checked before an answer of ours is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tracker.domain.dialects import detecting
from tracker.domain.dialects.rules import (
    ai_sdk,
    anthropic,
    bedrock,
    gemini,
    langchain,
    openai_chat,
    openai_responses,
)
from tracker.domain.dialects.rules.flaws import Flaw

RULES: dict[str, Callable[[Sequence[Any]], Iterator[Flaw]]] = {
    detecting.ANTHROPIC: anthropic.flaws,
    detecting.OPENAI_CHAT: openai_chat.flaws,
    detecting.OPENAI_RESPONSES: openai_responses.flaws,
    detecting.GEMINI: gemini.flaws,
    detecting.BEDROCK: bedrock.flaws,
    detecting.AI_SDK: ai_sdk.flaws,
    detecting.LANGCHAIN: langchain.flaws,
}
_NAMES = {
    detecting.ANTHROPIC: "Anthropic",
    detecting.OPENAI_CHAT: "OpenAI",
    detecting.OPENAI_RESPONSES: "OpenAI",
    detecting.GEMINI: "Gemini",
    detecting.BEDROCK: "Bedrock",
    detecting.AI_SDK: "The AI SDK",
    detecting.LANGCHAIN: "LangChain",
}


def flaws_of(dialect: str, messages: Sequence[Any]) -> tuple[Flaw, ...]:
    """The rules of the dialect's provider that these messages break, in their order."""
    rules = RULES.get(dialect)
    return tuple(rules(messages)) if rules else ()


def new_flaw(dialect: str, before: Sequence[Any], after: Sequence[Any]) -> str:
    """Why the provider would refuse `after` though it takes `before`; "" where it takes
    it. A rule that was broken before is the client's own.
    """
    found = flaws_of(dialect, after)
    if not found:
        return ""
    old = {flaw.code for flaw in flaws_of(dialect, before)}
    broken = next((flaw for flaw in found if flaw.code not in old), None)
    return (
        f"{_NAMES[dialect]} would not take the result: {broken.text}" if broken else ""
    )

"""A session's title from what was typed: the first real prompt, on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

_PROMPT_CHARACTERS = 120
_TITLE_CHARACTERS = 255  # what the store takes
# Clients wrap what nobody typed in tags with a hyphen or underscore in their name:
# <command-name>, <local-command-stdout>, <system-reminder>, <environment_context> …
_WRAPPER = re.compile(r"<[A-Za-z]+[-_][\w-]*[\s>]")
_NOT_TYPED = (
    "Caveat: The messages below",
    "[Request interrupted",
    "This session is being continued from a previous conversation",
    "# AGENTS.md instructions",
    "<user_instructions>",
)


class Title(msgspec.Struct):
    """A session's names; one that was given comes before one made of a prompt."""

    prompt: str = ""
    made: str = ""  # by the client, afterwards
    given: str = ""  # by a person

    @property
    def best(self) -> str:
        return self.given or self.made or self.prompt


def title_of(text: str, limit: int = _TITLE_CHARACTERS) -> str:
    """`text` on one line, shortened to `limit` characters with an ellipsis."""
    line = " ".join(text[: limit * 4].split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def prompt_title(content: Any) -> str:
    """The title a user message's `content` makes; "" if nobody typed it."""
    for text in _texts(content):
        stripped = text.lstrip()
        if not stripped or _WRAPPER.match(stripped) or stripped.startswith(_NOT_TYPED):
            continue
        if title := title_of(stripped, _PROMPT_CHARACTERS):
            return title
    return ""


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            text = block.get("text") if isinstance(block, dict) else None
            if isinstance(text, str):
                yield text

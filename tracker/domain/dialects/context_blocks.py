"""The system prompt and the user context: blocks that stand beside the messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.domain.dialects import block_kinds
from tracker.domain.dialects.parts.bedrock import read_part as bedrock_block
from tracker.domain.dialects.reading import read_dialect


class ContextError(ValueError):
    """A system prompt or user context that cannot be read: `field` is the place, as in
    "system[1]".
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message

    def __reduce__(self) -> tuple[type[ContextError], tuple[str, str]]:
        """So that a worker process can raise it to its caller."""
        return type(self), (self.field, self.message)


def read_context(value: Any, field: str) -> tuple[Any, ContextError | None]:
    """What is understood of `value`, and the first thing that is not.

    Takes text, blocks of every known dialect (Gemini's and Bedrock's have no type) and
    whole messages. `[{"type": "hologram"}, "Be brief."]` as "system" leaves
    `["Be brief."]`, and names system[0]: the JSON of a block is not what the model is
    shown, so its letters are no tokens. An object without type, role or text is data of
    the program's own in a user context, and counts as its JSON; in a system prompt,
    which goes to the provider, it is nothing known.
    """
    if not isinstance(value, list):
        return value, None
    kept: list[Any] = []
    first: ContextError | None = None
    for at, item in enumerate(value):
        known, complaint = _read(item)
        if known is None and field == "user_context" and _is_data(item):
            known, complaint = item, None
        if complaint and first is None:
            first = ContextError(f"{field}[{at}]", complaint)
        if known is not None:
            kept.append(known)
    return kept, first


def check_context(system: Any, user_context: Any) -> None:
    """Raises ContextError for the first thing of the two that is not understood."""
    for field, value in (("system", system), ("user_context", user_context)):
        error = read_context(value, field)[1]
        if error is not None:
            raise error


def _is_data(item: Any) -> bool:
    return not isinstance(item, Mapping) or item.keys().isdisjoint(("type", "role"))


def _read(item: Any) -> tuple[Any, str | None]:
    if isinstance(item, str):
        return item, None
    if not isinstance(item, Mapping):
        return None, "is neither text nor an object"
    if "role" in item or "parts" in item:
        found = read_dialect([item])
        kept = found.messages[0] if found.messages else None
        return kept, found.unread.message if found.unread else None
    if "type" not in item:
        block = bedrock_block(item)
        return block, None if block is not None else "has no type and no text"
    known, complaint = block_kinds.only_known(item)
    # Its place in the list is the field's.
    return known, complaint.removeprefix("block 0 ") if complaint else None

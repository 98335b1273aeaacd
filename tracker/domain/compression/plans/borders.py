"""Which messages a compression must leave alone: system, pinned, first and last."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.tool_groups import orphan_results, tool_groups

_ANTHROPIC_KINDS = ("thinking", "call", "result")


def kept_indices(
    messages: Sequence[Message],
    *,
    keep_first: int,
    keep_last: int,
    summaries: Container[int] = (),
) -> set[int]:
    """The messages that stay, before any are grown for alternation.

    System messages and earlier `summaries` are not counted among the first and last.
    Whatever holds one message of a tool group holds the whole group; a result without
    its call is never kept, because no provider takes it.
    """
    talk = [
        message.index
        for message in messages
        if message.role != "system" and message.index not in summaries
    ]
    wanted = set(talk[:keep_first]) | set(talk[max(0, len(talk) - keep_last) :])
    wanted |= {message.index for message in messages if message.is_pinned}
    kept = {message.index for message in messages if message.role == "system"}
    for group in tool_groups(messages):
        if not wanted.isdisjoint(group):
            kept.update(group)
    loose = orphan_results(messages)
    return kept - {at for at in loose if not messages[at].is_pinned}


def must_alternate(messages: Sequence[Message]) -> bool:
    """Whether two user messages in a row are to be avoided: Anthropic's shape.

    Plain strings fit every provider and are not taken for it; block lists in an
    assistant's message are, as only Anthropic's answers have them.
    """
    for message in messages:
        for piece in message.pieces:
            if piece.block is None:
                continue
            if message.role == "assistant" or piece.kind in _ANTHROPIC_KINDS:
                return True
    return False


def side_of(message: Message) -> str:
    """Who speaks in the provider's eyes: tool results are the user's."""
    return "user" if message.role == "tool" else message.role

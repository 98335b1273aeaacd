"""The removed messages as sources of a summary, numbered over the conversation."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.compression.summary.extraction import (
    named_media,
    source_text,
    source_units,
)
from tracker.domain.compression.summary.named_lines import names_in
from tracker.domain.compression.summary.summarising import Source
from tracker.domain.compression.summary.summary_lines import (
    GAP,
    EarlierSummary,
    find_earlier,
)
from tracker.domain.conversation.messages import Message, read_message, read_messages
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.conversation.text.units import split_units
from tracker.domain.counting.content_tokens import as_data


@dataclass(frozen=True, slots=True)
class Numbered:
    """Messages with earlier summaries taken out.

    `messages[i]` is without its summary block if it had one; `earlier` maps the index
    to that block. `numbers[i]` counts from 1 over the whole conversation, messages that
    an earlier summary replaced included.
    """

    messages: tuple[Message, ...]
    earlier: Mapping[int, EarlierSummary]
    numbers: tuple[int, ...]

    @property
    def whole_summaries(self) -> frozenset[int]:
        return frozenset(
            at for at, found in self.earlier.items() if found.is_whole_message
        )


def number_messages(messages: Sequence[Message]) -> Numbered:
    """Find the earlier summaries and count past what they stand for."""
    earlier: dict[int, EarlierSummary] = {}
    plain: list[Message] = []
    numbers: list[int] = []
    number = 0
    for message in messages:
        found = find_earlier(message)
        if found is None:
            number += 1
            numbers.append(number)
            plain.append(message)
            continue
        earlier[message.index] = found
        plain.append(message if found.is_whole_message else _without(message, found))
        # A summary block at the front of a message counts before that message.
        is_behind = not found.is_whole_message and found.piece.block != 0
        if is_behind:
            number += 1
            numbers.append(number)
        number = max(number, found.last)
        if not is_behind:
            number += not found.is_whole_message
            numbers.append(number)
    return Numbered(tuple(plain), earlier, tuple(numbers))


def messages_behind_summary(messages: Sequence[Any]) -> int:
    """How many messages came since the last compression, system messages not counted.

    The kept first ones and the summary itself do not count; all do if there is none.
    Raises MessageError when a message has no known shape.
    """
    numbered = number_messages(read_messages(messages))
    start = max(numbered.earlier, default=-1) + 1
    if start and not numbered.earlier[start - 1].is_whole_message:
        start -= 1
    return sum(message.role != "system" for message in numbered.messages[start:])


def numbered_originals(befores: Iterable[Sequence[Any]]) -> dict[int, Any]:
    """The messages of stored compressions by their number in the conversation.

    `befores` are the lists as they were compressed, the oldest first. Summaries among
    them are not originals and are left out.
    """
    originals: dict[int, Any] = {}
    for before in befores:
        numbered = number_messages(read_messages(before))
        for message, number in zip(numbered.messages, numbered.numbers, strict=True):
            if message.index not in numbered.whole_summaries:
                originals.setdefault(number, message.raw)
    return originals


def middle_sources(
    numbered: Numbered,
    kept: Container[int],
    *,
    skipped: Mapping[int, int] | None = None,
    originals: Mapping[int, Any] | None = None,
) -> tuple[Source, ...]:
    """Every removed message and all that earlier summaries stand for, in order.

    What an earlier summary stands for is taken from `originals` (by number) where
    they are known, else from its lines. `skipped` messages repeat another one word for
    word: they become sources without units, whose text points there.
    """
    skipped = skipped or {}
    sources: list[Source] = []
    for message in numbered.messages:
        at = message.index
        found = numbered.earlier.get(at)
        if found is not None:
            sources.extend(_earlier_sources(at, found, originals or {}))
        if at in kept or at in numbered.whole_summaries:
            continue
        number = numbered.numbers[at]
        if at in skipped:
            text = f"[same as message {numbered.numbers[skipped[at]]}]"
            sources.append(Source(at, number, message.role, (), text=text))
        else:
            units, text = source_units(message), source_text(message)
            named = named_media(message)
            sources.append(Source(at, number, message.role, units, False, text, named))
    return tuple(sorted(sources, key=lambda source: source.number))


def _earlier_sources(
    at: int, found: EarlierSummary, originals: Mapping[int, Any]
) -> Iterator[Source]:
    for line in found.lines:
        if line.number not in originals:
            parts = line.text.split(GAP)
            units = tuple(unit for part in parts for unit in split_units(part))
            named = names_in(line.text)
            yield Source(at, line.number, line.role, units, True, line.text, named)
    for number in range(found.first, found.last + 1):
        if number in originals:
            message = read_message(repair_data(as_data(originals[number])), at)
            if not message.is_pinned and message.role != "system":
                units, text = source_units(message), source_text(message)
                named = named_media(message)
                yield Source(at, number, message.role, units, True, text, named)


def _without(message: Message, found: EarlierSummary) -> Message:
    data: dict[str, Any] = dict(as_data(message.raw))
    content = data["content"]
    data["content"] = [b for at, b in enumerate(content) if at != found.piece.block]
    return read_message(data, message.index)

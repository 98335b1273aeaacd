"""The answer of GET /sessions/{session}/composition."""

from __future__ import annotations

from typing import Annotated

from tracker.api.shapes.fields import Answer, Time, Tokens, one_of, said
from tracker.domain.composition.composition import Composition
from tracker.domain.composition.groups import advice_for, needed
from tracker.domain.composition.portions import KINDS
from tracker.reading.sessions.composition import SessionComposition

Kind = Annotated[str, one_of(tuple(KINDS))]


class KindShare(Answer):
    kind: Kind
    tokens: Tokens


class NamedShare(Answer):
    name: str
    tokens: Tokens


class ReadFile(Answer):
    """A file that a tool read, by what of it is in the window."""

    file: str
    tokens: Tokens
    times: Annotated[int, said("How often it was read, whatever the lines.")]


class ToolUse(Answer):
    name: str
    server: Annotated[str, said("Of an MCP server's tool; else empty.")]
    definition_tokens: Tokens
    call_tokens: Tokens
    result_tokens: Tokens
    times: Annotated[int, said("How often it was called.")]


class LargeMessage(Answer):
    number: Annotated[int, said("Its place in the window, from 1.")]
    kind: Kind
    label: str
    tokens: Tokens
    advice: str


class RepeatedRead(Answer):
    """The same lines of one file. Other lines are no repeat."""

    file: str
    lines: Annotated[str, said("Empty for the whole file.")]
    times: int
    tokens: Tokens
    spare_tokens: Annotated[Tokens, said("Of all copies but the newest.")]


class Suggestion(Answer):
    name: str
    tokens: Annotated[Tokens, said("What could go.")]
    sentence: str


class AddedLine(Answer):
    kind: Annotated[str, said("Empty for the smaller ones together.")]
    label: str
    tokens: Annotated[Tokens, said("As counted, before it is made to add up.")]


class TurnAdded(Answer):
    at: Time
    used_tokens: Tokens
    change: Annotated[int | None, said("Against the request before.")]
    added: list[AddedLine]


class CompressionFilling(Answer):
    """What filled the window before a compression."""

    compression: Annotated[int, said("Its id.")]
    at: Time
    used_tokens: Tokens
    kinds: list[KindShare]
    files: list[NamedShare]


class WindowComposition(Answer):
    """What fills a lane's window. The kinds add up to `used_tokens`."""

    session: str
    lane: str
    at: Annotated[Time | None, said("Of the newest request whose messages are known.")]
    reason: Annotated[str | None, said("Why nothing but the parts is known.")]
    used_tokens: Tokens
    message_count: int
    kinds: list[KindShare]
    tools: list[ToolUse]
    servers: list[NamedShare]
    files: list[ReadFile]
    memory_files: list[NamedShare]
    skills: list[NamedShare]
    largest: list[LargeMessage]
    repeats: list[RepeatedRead]
    unused_tools: Annotated[
        list[NamedShare], said("Defined and never called; deferred ones do not count.")
    ]
    advice: list[Suggestion]
    turns: Annotated[list[TurnAdded], said("Newest first.")]
    compressions: Annotated[list[CompressionFilling], said("Newest first.")]

    @classmethod
    def of(cls, key: str, of: SessionComposition) -> WindowComposition:
        found = of.composition
        reads = found.reads or {}
        return cls(
            session=key,
            lane=of.lane,
            at=of.at,
            reason=of.reason,
            used_tokens=found.parts.total,
            message_count=found.messages,
            kinds=_kinds(found),
            tools=[
                ToolUse(
                    name=tool.name,
                    server=tool.server,
                    definition_tokens=tool.definition,
                    call_tokens=tool.calls,
                    result_tokens=tool.results,
                    times=tool.times,
                )
                for tool in found.tools
            ],
            servers=[NamedShare(*share) for share in found.servers],
            files=[
                ReadFile(name, tokens, reads.get(name, 0))
                for name, tokens in found.files
            ],
            memory_files=[NamedShare(*share) for share in found.memory_files],
            skills=[NamedShare(*share) for share in found.skills],
            largest=[
                LargeMessage(*each, needed(found, each.label, each.kind))
                for each in found.largest
            ],
            repeats=[RepeatedRead(*each) for each in found.repeats],
            unused_tools=[NamedShare(*share) for share in found.unused],
            advice=[Suggestion(*each) for each in advice_for(found)],
            turns=[
                TurnAdded(
                    at=turn.at,
                    used_tokens=turn.used_tokens,
                    change=turn.change,
                    added=[
                        AddedLine(kind, label, tokens)
                        for tokens, kind, label in turn.added
                    ],
                )
                for turn in of.turns
            ],
            compressions=[
                CompressionFilling(
                    compression=each.compression_id,
                    at=each.at,
                    used_tokens=each.composition.parts.total,
                    kinds=_kinds(each.composition),
                    files=[NamedShare(*share) for share in each.composition.files],
                )
                for each in of.compressions
            ],
        )


def _kinds(found: Composition) -> list[KindShare]:
    return [KindShare(*share) for share in found.kinds]

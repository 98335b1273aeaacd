"""Running sums of what a window holds, kept while its messages come one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.composition.calls import Call, one_line
from tracker.domain.composition.portions import (
    ANSWER,
    KINDS,
    SUMMARY,
    Portion,
    is_prompt,
    portions_of,
    quoted,
)
from tracker.domain.counting.counters import SYSTEM_ROLES
from tracker.domain.counting.families import family_of
from tracker.domain.counting.overheads import Overheads

LARGEST = 10
MOST_CELLS = 400  # kinds x tools x files; further files count without their names
MOST_READS = 400
MOST_TOOLS = 300
MOST_OPEN_CALLS = 256
ADDED = 4  # of one turn, the largest by name; the others as one
_PLAIN = family_of("").overheads
_CONTEXT = "user_context\ncontext\n\n"
_UNREAD = (0, 0, 0)
_LABELS = {
    "summaries": SUMMARY,
    "reminders": "Note of the client",
    "context": "Context",
}


@dataclass(slots=True)
class Filling:
    """What the messages in a window come to.

    Its size is bounded, however long the session: it is saved with a reader's state.
    `cells` are tokens by "part, kind, tool, name", `reads` times, tokens and the newest
    tokens by "file, lines", `largest` (tokens, number of the message, kind, label).
    `tools` are the definitions' sizes, `called` how often each was called; both outlive
    a compaction. `added` is what came since the last `take_added`.
    """

    cells: dict[str, int] = field(default_factory=dict)
    reads: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    largest: list[tuple[int, int, str, str]] = field(default_factory=list)
    tools: dict[str, int] = field(default_factory=dict)
    called: dict[str, int] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    is_answered: bool = False  # the last message is the model's

    def add(
        self,
        message: Mapping[str, Any],
        tokens: int,
        *,
        part: str = "history",
        spoken: str = "user_text",
        overheads: Overheads = _PLAIN,
    ) -> None:
        """One message of a known shape that comes to `tokens`, in one of the parts.

        `spoken` is the kind of its plain text where a client speaks in a person's
        place: "summaries", "reminders", "context".
        """
        portions = portions_of(message, tokens, self.calls, overheads)
        if spoken != "user_text":
            portions = [
                each._replace(kind=spoken, label=_LABELS[spoken])
                if each.kind == "user_text"
                else each
                for each in portions
            ]
        self.put(portions, part=part)
        if len(self.calls) > MOST_OPEN_CALLS:
            del self.calls[next(iter(self.calls))]

    def follow(
        self, message: Mapping[str, Any], tokens: int, overheads: Overheads
    ) -> None:
        """The next message of a request. What its turn added is what begins with the
        last answer of the model in it: that answer, its tools' results, the next
        prompt. System messages belong to another part.
        """
        role = message.get("role")
        if role in SYSTEM_ROLES:
            return
        is_answer = role in ("assistant", "model") or (
            role is None and not str(message.get("type")).endswith("_output")
        )
        if is_answer and not self.is_answered:
            self.added = {}
        self.is_answered = is_answer
        self.add(message, tokens, overheads=overheads)

    def answer(self, tokens: int) -> None:
        """`follow` for a message of the model that is one text, in a fifth of the time:
        what it said is not looked at.
        """
        if not self.is_answered:
            self.added = {}
            self.is_answered = True
        self._say("assistant_text", ANSWER, tokens)

    def prompt(self, text: str, tokens: int) -> None:
        """`follow` for a message of the user that is one text."""
        if is_prompt(text):
            self.is_answered = False
            self._say("user_text", quoted(text), tokens)
        else:
            self.follow({"role": "user", "content": text}, tokens, _PLAIN)

    def _say(self, kind: str, label: str, tokens: int) -> None:
        """`put` for one portion of a kind without tools and names."""
        self.messages += 1
        key = f"history\n{kind}\n\n"
        self.cells[key] = self.cells.get(key, 0) + tokens
        key = f"{kind}\n{label}"
        self.added[key] = self.added.get(key, 0) + tokens
        self._note_large(tokens, kind, label)

    def put_context(self, tokens: int) -> None:
        """The user context of this request, in place of that of the one before."""
        self.cells.pop(_CONTEXT, None)
        if tokens:
            self.cells[_CONTEXT] = tokens

    def put(self, portions: Sequence[Portion], *, part: str) -> None:
        """One message, in its portions."""
        self.messages += 1
        tokens = 0
        for portion in portions:
            tokens += portion.tokens
            self._put(portion, part)
        if portions:
            top = portions[0] if len(portions) == 1 else max(portions, key=_tokens)
            self._note_large(tokens, top.kind, top.label)

    def _note_large(self, tokens: int, kind: str, label: str) -> None:
        largest = self.largest
        if tokens > (largest[-1][0] if len(largest) == LARGEST else 0):
            largest.append((tokens, self.messages, kind, label or KINDS[kind]))
            largest.sort(reverse=True)
            del largest[LARGEST:]

    def _put(self, portion: Portion, part: str) -> None:
        kind, tokens, tool, name, lines, label = portion
        key = f"{part}\n{kind}\n{tool}\n{name}"
        cells, added = self.cells, self.added
        if key not in cells and len(cells) >= MOST_CELLS:
            key = f"{part}\n{kind}\n\n"
        cells[key] = cells.get(key, 0) + tokens
        label = f"{kind}\n{label}"
        added[label] = added.get(label, 0) + tokens
        if kind == "tool_calls":
            if tool in self.called or len(self.called) < MOST_TOOLS:
                self.called[tool] = self.called.get(tool, 0) + 1
        elif kind == "tool_results" and name and tool != "Skill":
            key = f"{name}\n{lines}"
            times, all_tokens, _ = self.reads.get(key, _UNREAD)
            if times or len(self.reads) < MOST_READS:
                self.reads[key] = (times + 1, all_tokens + tokens, tokens)

    def fork(self) -> Filling:
        """A copy that goes on from here."""
        return Filling(
            self.cells.copy(), self.reads.copy(), self.largest.copy(), self.tools,
            self.called.copy(), self.calls.copy(), self.added.copy(), self.messages,
            self.is_answered,
        )  # fmt: skip

    def held(self) -> Filling:
        """A copy of what it holds now, which further messages leave as it is."""
        return Filling(
            cells=self.cells.copy(),
            reads=self.reads.copy(),
            largest=self.largest.copy(),
            tools=self.tools,
            called=self.called.copy(),
            messages=self.messages,
        )

    def clear(self) -> None:
        """Nothing of before is in the window any more; the tools are."""
        self.cells, self.reads, self.largest, self.added = {}, {}, [], {}
        self.messages = 0

    def define(self, tools: Mapping[str, int]) -> None:
        """The tools that each request offers, and what each definition weighs."""
        self.tools = dict(list(tools.items())[:MOST_TOOLS])

    def take_added(self) -> str:
        """What came since the last call, the largest first: lines of tokens, kind and
        label. `"4812\\ttool_results\\tRead server.py"`; "" for nothing.
        """
        lines = self.added_lines()
        self.added = {}
        return lines

    def added_lines(self) -> str:
        """The same, which is told again with the next call."""
        if not self.added:
            return ""
        found = sorted(self.added.items(), key=_second, reverse=True)
        lines = []
        for key, tokens in found[:ADDED]:
            kind, _, label = key.partition("\n")
            lines.append(f"{tokens}\t{kind}\t{label}")
        if rest := found[ADDED:]:
            lines.append(f"{sum(map(_second, rest))}\t\tand {len(rest)} more")
        return "\n".join(lines)

    def packed(self) -> str:
        """As it is stored, and `Composition.read` reads it."""
        return json.dumps(
            {
                "cells": self.cells,
                "reads": self.reads,
                "largest": self.largest,
                "tools": self.tools,
                "called": self.called,
                "messages": self.messages,
            },
            separators=(",", ":"),
        )


def definition_weights(tools: Any) -> dict[str, int]:
    """The tools by name, with the letters of each definition; deferred tools, whose
    definitions the model is not shown before it asks for them, are left out.
    """
    found: dict[str, int] = {}
    for tool in tools if isinstance(tools, list | tuple) else ():
        if not isinstance(tool, Mapping) or tool.get("defer_loading"):
            continue
        if isinstance(tool.get("toolSpec"), Mapping):  # Bedrock
            tool = tool["toolSpec"]
        declared = tool.get("functionDeclarations")  # Gemini
        for each in declared if isinstance(declared, list) else [tool]:
            inner = each.get("function") if isinstance(each, Mapping) else None
            said = inner if isinstance(inner, Mapping) else each
            name = said.get("name") if isinstance(said, Mapping) else None
            if isinstance(name, str) and name:
                found[one_line(name)] = len(str(each))
    return found


def filling_of(
    messages: Iterable[Any],
    tokens: Iterable[int],
    *,
    known: Filling | None = None,
    context_tokens: int = 0,
    tools: Any = None,
    model: str = "",
) -> Filling:
    """Of a whole request whose messages, of known shapes, come to `tokens` each. Where
    they follow others, `known` is what those fill.
    """
    overheads = family_of(model).overheads
    filling = Filling() if known is None else known.fork()
    filling.define(definition_weights(tools))
    for message, count in zip(messages, tokens, strict=True):
        if isinstance(message, dict | Mapping):  # the plain dict first: faster
            filling.follow(message, count, overheads)
    filling.put_context(context_tokens)
    return filling


def _tokens(portion: Portion) -> int:
    return portion.tokens


def _second(pair: tuple[str, int]) -> int:
    return pair[1]

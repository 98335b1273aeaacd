"""Conversations cut in two: what is compressed, and what is needed afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench.generated_chats import make_chat
from tracker.domain.compression.plans.borders import kept_indices
from tracker.domain.compression.summary.extraction import source_text
from tracker.domain.conversation.messages import Message, read_messages
from tracker.domain.counting.measure import Measure

# Paths, addresses, error classes, hashes, codes, snake_case, camelCase, numbers.
_IDENTIFIER = re.compile(
    r"https?://[^\s\"'<>)\]]+"
    r"|(?:~|\.{1,2})?/(?:[\w.\-]+/)*[\w.\-]+|\b[\w\-]+(?:/[\w.\-]+)+"
    r"|\b[\w\-]+\.(?:py|js|ts|go|rs|java|c|h|cpp|rb|md|json|ya?ml|toml|txt|sh|html|csv)\b"
    r"|\b[\w.+\-]+@[\w\-]+\.[\w.]+\b|\b[A-Z][A-Za-z]*(?:Error|Exception|Warning)\b"
    r"|\b[0-9a-f]{7,40}\b|\b(?=\w*\d)(?=\w*[A-Za-z])[\w\-]{4,}\b"
    r"|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z]+[A-Z]\w+\b|\b[A-Z]{2,}[A-Z0-9_]*\b"
    r"|\$?\d[\d,]*(?:\.\d+)?%?"
)
_LEAST_TOKENS = 300  # of a middle: less is not worth a compression


@dataclass(frozen=True, slots=True)
class Need:
    """Words that must all survive, in the lines of message `evidence` if it is set."""

    words: tuple[str, ...]
    evidence: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation to compress: first two and last `keep_last` stay."""

    name: str
    messages: Sequence[dict[str, Any]]
    keep_last: int
    needs: tuple[Need, ...]

    @property
    def read(self) -> tuple[Message, ...]:
        return read_messages(self.messages)

    def split(self) -> tuple[list[Message], int, int]:
        """The middle, its tokens, and the tokens of what stays."""
        read = self.read
        kept = kept_indices(read, keep_first=2, keep_last=self.keep_last)
        size = Measure().message
        middle = [message for message in read if message.index not in kept]
        return (
            middle,
            sum(size(message.raw) for message in middle),
            sum(size(message.raw) for message in read if message.index in kept),
        )


def corpora(folder: Path | None, *, quick: bool) -> Iterator[tuple[str, list[Case]]]:
    """Each corpus with its cases; without a folder the chats made here alone."""
    if folder is not None:
        yield "tau-bench", list(_tau_bench(folder, step=5 if quick else 1))
        yield "SWE-agent", list(_swe_agent(folder))
    chats = range(2 if quick else 6)
    yield "made chats", [_made_chat(seed) for seed in chats]


def identifiers(text: str) -> set[str]:
    found = (match[0].rstrip(".,:;").lower() for match in _IDENTIFIER.finditer(text))
    return {literal for literal in found if 3 <= len(literal) <= 60}


def _tau_bench(folder: Path, *, step: int) -> Iterator[Case]:
    path = folder / "taubench_gpt-4o-airline.json"
    for at, run in enumerate(json.loads(path.read_text())[::step]):
        for share in (60, 70, 80):
            case = _cut(f"tau {at} {share} %", run["traj"], share, keep_last=6)
            if case:
                yield case


def _swe_agent(folder: Path) -> Iterator[Case]:
    for path in sorted((folder / "sweagent").glob("*.traj")):
        messages = [
            {"role": entry["role"], "content": entry["content"]}
            for entry in json.loads(path.read_text())["history"]
            if isinstance(entry.get("content"), str)
        ]
        for share in (50, 60, 70, 80, 90):
            case = _cut(f"{path.stem} {share} %", messages, share, keep_last=4)
            if case:
                yield case


def _cut(
    name: str, messages: Sequence[dict[str, Any]], share: int, *, keep_last: int
) -> Case | None:
    """What an assistant names later and only the middle tells."""
    at = len(messages) * share // 100
    case = Case(name, messages[:at], keep_last, ())
    middle, tokens, _ = case.split()
    if len(middle) < 3 or tokens < _LEAST_TOKENS:
        return None
    inside = {message.index for message in middle}
    visible = _named(m for m in case.read if m.index not in inside)
    later = (m for m in read_messages(messages[at:]) if m.role == "assistant")
    has_calls = any(message.call_ids for message in case.read)
    used = _named(_acts(m) if has_calls else m for m in later)
    wanted = (used & _named(middle)) - visible
    if not wanted:
        return None
    needs = tuple(Need((literal,)) for literal in sorted(wanted))
    return Case(name, messages[:at], keep_last, needs)


def _acts(message: Message) -> Message:
    """Its calls' arguments: the names of tools stand in their definitions."""
    calls = (piece for piece in message.pieces if piece.kind == "call")
    return replace(message, pieces=tuple(replace(call, name="") for call in calls))


def _named(messages: Iterable[Message]) -> set[str]:
    """As it was said: in a call's JSON a tab before `repoRoot` reads `trepoRoot`."""
    return identifiers("\n".join(map(source_text, messages)))


def _made_chat(seed: int) -> Case:
    chat = make_chat(seed)
    case = Case(f"chat {seed}", chat.messages, 6, ())
    inside = {message.index for message in case.split()[0]}
    needs = tuple(
        Need(question.answer, question.evidence)
        for question in chat.questions
        if question.evidence in inside
    )
    return Case(case.name, chat.messages, 6, needs)

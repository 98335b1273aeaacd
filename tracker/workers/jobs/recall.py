"""Finds passages in the originals of compressions. Runs in a worker process.

SQLite's full-text search ranks them (FTS5, BM25) in an index that lives for one call:
nothing besides the stored messages is kept, and both databases answer alike.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec

from tracker.domain.compression.summary.extraction import source_text
from tracker.domain.compression.summary.middle import numbered_originals
from tracker.domain.conversation.messages import read_message
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.conversation.text.units import safe_cut
from tracker.domain.counting.content_tokens import as_data
from tracker.domain.counting.counters import ScriptCounter

PASSAGE_CHARACTERS = 600
MOST_PASSAGES = 50
MOST_WORDS = 64  # of a question
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Passage:
    """`number` is its message's number in the conversation, from 1. A higher `rank` is
    better; ranks compare only within one answer.
    """

    number: int
    role: str
    text: str
    tokens: int
    rank: float


def find_passages(
    befores: tuple[str, ...], question: str, budget_tokens: int
) -> list[Passage]:
    """The best passages for the question's words that fit the budget, the best first.

    `befores` are the lists as they were compressed, as JSON, the oldest first. No
    passage is answered that shares no word with the question.
    """
    words = _WORD.findall(question)[:MOST_WORDS]
    if not words:
        return []
    originals = numbered_originals(map(msgspec.json.decode, befores))
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute(
            "CREATE VIRTUAL TABLE passage USING fts5"
            "(text, number UNINDEXED, role UNINDEXED, tokenize='porter unicode61')"
        )
        index.executemany("INSERT INTO passage VALUES (?, ?, ?)", _rows(originals))
        ranked = index.execute(
            "SELECT number, role, text, -bm25(passage) FROM passage "
            "WHERE passage MATCH ? ORDER BY bm25(passage), rowid LIMIT 1000",
            # Quoted: what a person asks is no query language.
            [" OR ".join(f'"{word}"' for word in words)],
        )
        return list(_fitting(ranked, budget_tokens))


def _rows(originals: Mapping[int, Any]) -> Iterator[tuple[str, int, str]]:
    for number, raw in sorted(originals.items()):
        message = read_message(repair_data(as_data(raw)))
        if message.role != "system":
            for text in _passages(source_text(message)):
                yield text, number, message.role


def _passages(text: str) -> Iterator[str]:
    """`text` in pieces of at most 600 characters, cut between lines or words."""
    start = 0
    while start < len(text):
        # One piece at a time: to copy what follows it for each takes 0.4 s of 2 MB,
        # and 16 times that of 8 MB.
        piece = text[start : start + PASSAGE_CHARACTERS + 1]
        end = len(piece)
        if end > PASSAGE_CHARACTERS:
            at = piece.rfind("\n", PASSAGE_CHARACTERS // 2, PASSAGE_CHARACTERS)
            if at < 0:
                at = piece.rfind(" ", PASSAGE_CHARACTERS // 2, PASSAGE_CHARACTERS)
            end = at + 1 or safe_cut(piece, PASSAGE_CHARACTERS)
        if passage := piece[:end].strip():
            yield passage
        start += end


def _fitting(ranked: Iterable[Any], budget_tokens: int) -> Iterator[Passage]:
    left, count = budget_tokens, ScriptCounter().count
    found = 0
    for number, role, text, rank in ranked:
        tokens = count(text)
        if tokens <= left:
            left -= tokens
            found += 1
            yield Passage(number, role, text, tokens, round(rank, 4))
        if found == MOST_PASSAGES:
            return

"""`llm` (Simon Willison's): `logs.db`, SQLite.

`turns` of newer versions and `responses` of older ones, which an upgrade leaves in
place: the truth is both. The provider's details stand in `token_details`, under its
own names, and say what `input_tokens` holds: OpenAI's and Gemini's include the cache,
Claude's (llm-anthropic 0.30, stored where its option `cache` was on) do not.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import Record, moment, tokens
from tracker.sources.transcripts.agents.stores.read_only import (
    decoded,
    has_tables,
    opened,
)

_TURNS = """SELECT turns.id, thread_id AS session, threads.name AS title,
coalesce(resolved_model, model) AS model, input_tokens, output_tokens, token_details,
turns.datetime_utc, turn_search.prompt AS prompt, turn_search.response AS response
FROM turns LEFT JOIN threads ON threads.id = thread_id
LEFT JOIN turn_search ON turn_search.turn_id = turns.id ORDER BY turns.id"""
_RESPONSES = """SELECT responses.id, conversation_id AS session,
conversations.name AS title, responses.model, input_tokens, output_tokens,
token_details, datetime_utc, prompt, response
FROM responses LEFT JOIN conversations ON conversations.id = conversation_id
ORDER BY responses.id"""


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    return has_tables(path, "_llm_migrations")


def read(path: Path, conversations: Conversations) -> None:
    with opened(path) as database:
        names = {r["name"] for r in database.execute("SELECT name FROM sqlite_master")}
        told: set[str] = set()
        if {"turns", "threads", "turn_search"} <= names:
            told |= _take(database, _TURNS, conversations, told)
        if {"responses", "conversations"} <= names:
            _take(database, _RESPONSES, conversations, told)


def _take(
    database: Connection, query: str, conversations: Conversations, told: set[str]
) -> set[str]:
    taken = set()
    for row in database.execute(query):
        if row["id"] in told:
            continue
        taken.add(str(row["id"]))
        _turn(row, conversations)
    return taken


def _turn(row: Row, conversations: Conversations) -> None:
    session = str(row["session"] or row["id"])
    lane = conversations.of(session)
    conversations.title(session, given=row["title"] or "", prompt=row["prompt"])
    lane.say({"role": "user", "content": row["prompt"] or ""})
    told = {"input": row["input_tokens"], "output": row["output_tokens"]}
    fresh, read, written = _input(tokens(told, "input"), decoded(row["token_details"]))
    lane.answered(
        str(row["id"]),
        moment(row["datetime_utc"]),
        fresh=fresh,
        read=read,
        written=written,
        output=tokens(told, "output"),
        model=row["model"] or "",
    )
    lane.say({"role": "assistant", "content": row["response"] or ""})


def _input(told: int, details: Any) -> tuple[int, int, int]:
    """Return fresh, cache read and cache written tokens of a row's input, apart.

    Claude: 10 told, details of 100 read and 5 written: (10, 100, 5). OpenAI: 115 told,
    100 of them cached: (15, 100, 0).
    """
    read = tokens(details, "cache_read_input_tokens")
    written = tokens(details, "cache_creation_input_tokens")
    if read or written:
        return told, read, written
    read = (
        tokens(details, "prompt_tokens_details", "cached_tokens")
        or tokens(details, "input_tokens_details", "cached_tokens")
        or tokens(details, "cachedContentTokenCount")
    )
    return max(0, told - read), read, 0


LLM = Client(
    name="llm",
    label="llm",
    files=("*/logs.db",),
    sniff=sniff,
    read=read,
    home=".config/io.datasette.llm",
    beside=("*/io.datasette.llm/*", "*.db-wal", "*.db-shm"),
)

"""`llm` (Simon Willison's): `logs.db`, SQLite.

`turns` of newer versions and `responses` of older ones, which an upgrade leaves in
place: the truth is both. `input_tokens` includes the cache; the provider's details
stand in `token_details`.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection, Row

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversations
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
    details = decoded(row["token_details"])
    read = tokens(details, "prompt_tokens_details", "cached_tokens") or tokens(
        details, "input_tokens_details", "cached_tokens"
    )
    told = {"input": row["input_tokens"], "output": row["output_tokens"]}
    lane.answered(
        str(row["id"]),
        moment(row["datetime_utc"]),
        fresh=max(0, tokens(told, "input") - read),
        read=read,
        output=tokens(told, "output"),
        model=row["model"] or "",
    )
    lane.say({"role": "assistant", "content": row["response"] or ""})


LLM = Client(
    name="llm",
    label="llm",
    files=("*/logs.db",),
    sniff=sniff,
    read=read,
    home=".config/io.datasette.llm",
    beside=("*/io.datasette.llm/*", "*.db-wal", "*.db-shm"),
)

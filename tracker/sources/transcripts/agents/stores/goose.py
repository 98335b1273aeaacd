"""Goose: `~/.local/share/goose/sessions/sessions.db` (SQLite), from its table version
15 on, which began to keep each request. Read off the public source on 29 November 2026
(aaif-goose/goose, `session_manager.rs` at table version 17, `token_usage.rs`,
`context_mgmt/mod.rs`); no release for this machine could be driven.

`usage_ledger` has a row for each request; `input_tokens` includes what the cache held.
A row `carried_forward` sums up what was used before the table was there: it is no
request. A session with a `parent_session_id` is a sub-agent's. A copied session has its
messages again, and no row of the ledger. A compaction is a row with `is_compaction`;
its summary is the user's last message that only the model sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversation
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    Record,
    answer,
    at,
    call,
    dicts,
    moment,
    plain_text,
    result,
    text,
    tokens,
)
from tracker.sources.transcripts.agents.stores.read_only import (
    decoded,
    has_tables,
    opened,
)

_SESSIONS = "SELECT * FROM sessions ORDER BY rowid"
_REQUESTS = "SELECT * FROM usage_ledger WHERE session_id = ? ORDER BY id"
_MESSAGES = """SELECT role, content_json, created_timestamp, metadata_json
FROM messages WHERE session_id = ? ORDER BY created_timestamp, id"""
_MILLISECONDS = 10_000_000_000  # a larger time is in milliseconds


@dataclass(frozen=True, slots=True)
class _Said:
    second: int
    role: str
    content: list[Record]
    is_for_the_model_alone: bool

    @property
    def text(self) -> str:
        return plain_text([part for part in self.content if part.get("type") == "text"])


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    return has_tables(path, "schema_version", "sessions", "messages", "usage_ledger")


def read(path: Path, conversations: Conversations) -> None:
    with opened(path) as database:
        rows = {str(row["id"]): dict(row) for row in database.execute(_SESSIONS)}
        parents = {key: row.get("parent_session_id") for key, row in rows.items()}
        for key, row in rows.items():
            name = text(row, "name") or text(row, "description")
            lane = conversations.of_family(parents, key, name=name)
            lane.works_in(row.get("working_dir"))
            _session(lane, key, database)


def _session(lane: Conversation, key: str, database: Connection) -> None:
    waiting = [_message(row) for row in database.execute(_MESSAGES, (key,))]
    for row in database.execute(_REQUESTS, (key,)):
        if row["cost_source"] == "carried_forward":
            continue
        there = sum(one.second <= row["created_timestamp"] for one in waiting)
        if row["is_compaction"]:
            there = _compaction(lane, key, row, waiting[:there])
        else:
            while there and waiting[there - 1].role == "assistant":
                there -= 1  # what the request brought, not what it held
            _say(lane, waiting[:there])
            _request(lane, key, row)
        del waiting[:there]
    _say(lane, waiting)


def _compaction(lane: Conversation, key: str, row: Row, said: list[_Said]) -> int:
    """Tell it and say what went before; return how many messages that were."""
    places = [i for i, one in enumerate(said) if one.is_for_the_model_alone]
    summaries = [i for i in places if said[i].role == "user"]
    place = summaries[-1] if summaries else len(said)
    _say(lane, said[:place])
    _request(lane, key, row, implausible="helper_call")
    rest = " ".join(one.text for one in said[place + 1 :])
    lane.compacted(
        f"{key}-compacted-{row['id']}",
        moment(row["created_timestamp"] * 1000),
        trigger="manual" if "at the user's request" in rest else "auto",
        summary=said[place].text if summaries else "",
    )
    return place + 1 if summaries else place


def _request(
    lane: Conversation, key: str, row: Row, *, implausible: str | None = None
) -> None:
    told = dict(row)
    read = tokens(told, "cache_read_tokens")
    written = tokens(told, "cache_write_tokens")
    lane.answered(
        f"{key}-{row['id']}",
        moment(row["created_timestamp"] * 1000),
        fresh=max(0, tokens(told, "input_tokens") - read - written),
        read=read,
        written=written,
        output=tokens(told, "output_tokens"),
        model=text(told, "model"),
        implausible=implausible,
    )


def _message(row: Row) -> _Said:
    when = row["created_timestamp"]
    visible: Any = decoded(row["metadata_json"])
    return _Said(
        when // 1000 if when > _MILLISECONDS else when,
        row["role"],
        dicts(decoded(row["content_json"])),
        at(visible, "userVisible") is False,
    )


def _say(lane: Conversation, messages: list[_Said]) -> None:
    for message in messages:
        for part in message.content:
            if part.get("type") == "toolResponse":
                told = at(part, "toolResult", "value")
                lane.say(result(part.get("id"), at(told, "content") or told))
        if message.role != "assistant":
            if message.text:
                lane.say({"role": "user", "content": message.text})
            continue
        asked = [p for p in message.content if p.get("type") == "toolRequest"]
        calls = [
            call(
                part.get("id"),
                at(part, "toolCall", "value", "name"),
                at(part, "toolCall", "value", "arguments"),
            )
            for part in asked
        ]
        if message.text or calls:
            lane.say(answer(message.text, calls))


GOOSE = Client(
    name="goose",
    label="Goose",
    files=("*/sessions/sessions.db",),
    sniff=sniff,
    read=read,
    home=".local/share/goose/sessions",
    beside=("*/sessions/sessions.db-*",),
)

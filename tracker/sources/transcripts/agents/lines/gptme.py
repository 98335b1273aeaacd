"""gptme: `~/.local/share/gptme/logs/NAME/conversation.jsonl`.

`input_tokens` leaves out what the cache held; `output_tokens` includes reasoning. Times
have no zone and count as UTC.
"""

from __future__ import annotations

from pathlib import Path

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    Record,
    at,
    moment,
    plain_text,
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:
    return path.name == "conversation.jsonl" and any(
        "role" in record and "content" in record and "timestamp" in record
        for record in records
    )


def read(path: Path, conversations: Conversations) -> None:
    session = path.parent.name
    lane = conversations.of(session)
    for record in conversations.records(path):
        role, content = text(record, "role"), plain_text(record.get("content"))
        if role == "user":
            conversations.title(session, prompt=content)
        told = at(record, "metadata")
        usage = at(told, "usage") or told  # 0.31 wrote the numbers without a box
        if role == "assistant" and isinstance(usage, dict):
            when = text(record, "timestamp")
            lane.answered(
                f"{session}-{when}",
                moment(when),
                fresh=tokens(usage, "input_tokens"),
                read=tokens(usage, "cache_read_tokens"),
                written=tokens(usage, "cache_creation_tokens"),
                output=tokens(usage, "output_tokens"),
                model=text(told, "served_model") or text(told, "model"),
            )
        if role in ("system", "user", "assistant"):
            lane.say({"role": role, "content": content})


GPTME = Client(
    name="gptme",
    label="gptme",
    files=("*/conversation.jsonl",),
    sniff=sniff,
    read=read,
    home=".local/share/gptme/logs",
    beside=("*/gptme/logs/*",),
)

"""Writes an invented session as its client would, and reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracker.domain.reports import UsageReport
from tracker.sources.transcripts.agents.reader import AgentReader
from tracker.sources.transcripts.agents.registry import client_of
from tracker.sources.transcripts.following.news import TranscriptNews

MIDDAY = "2026-01-05T12:00:00.000Z"


def write_lines(path: Path, *records: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def write_document(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def reader_of(path: Path, name: str) -> AgentReader:
    client = client_of(path)
    assert client is not None and client.name == name
    return AgentReader(path, client)


def told(path: Path, name: str) -> TranscriptNews:
    """All that the client called `name` is understood to say in its file."""
    return reader_of(path, name).read_new()


def numbers(samples: Iterable[UsageReport]) -> list[tuple[Any, ...]]:
    """(lane, used, cache read, cache written, output) of each."""
    return [
        (
            sample.lane,
            sample.used_tokens,
            sample.cache_read_tokens,
            sample.cache_creation_tokens,
            sample.output_tokens,
        )
        for sample in samples
    ]

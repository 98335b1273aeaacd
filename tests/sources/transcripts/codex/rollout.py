"""Lines of a rollout that several tests need, and how one is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.builder import codex, write
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.following.reader import TranscriptReader

THREAD = "01a30000-0000-7000-8000-00000000000a"
PARENT = "01a2ffff-0000-7000-8000-00000000000b"
EARLIER_TURN = "01a2ffff-aaaa-7000-8000-00000000000c"
OWN_TURN = "01a30000-00ff-7000-8000-00000000000d"


def head(**facts: Any) -> dict[str, Any]:
    return codex("session_meta", {"id": THREAD, **facts})


def event(kind: str, **facts: Any) -> dict[str, Any]:
    return codex("event_msg", {"type": kind, **facts})


def turn(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return [event("task_started"), *lines, event("task_complete")]


def compacted(**payload: Any) -> dict[str, Any]:
    return codex("compacted", {"message": "Summary.", **payload})


def at(moment: str, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines, all stamped with one moment of one hour: `at("00:10.500", …)`."""
    return [{**line, "timestamp": f"2026-01-05T11:{moment}Z"} for line in lines]


def read(path: Path, *lines: dict[str, Any]) -> TranscriptNews:
    return TranscriptReader(write(path / "rollout-1.jsonl", *lines)).read_new()

"""The story as a list of calls: when, to which path, with which body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import quote

LABEL = {"demo": True}


@dataclass(frozen=True, slots=True)
class Call:
    """One POST, `seconds` after the beginning. `is_dated`: its body may hold `at`."""

    seconds: float
    path: str
    body: dict[str, Any]
    is_dated: bool = True


def read_story() -> dict[str, Any]:
    file = resources.files(__package__) / "story.json"
    story: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return story


def calls_of(story: dict[str, Any]) -> list[Call]:
    """All calls of all sessions, the earliest first."""
    found: list[Call] = []
    for session in story["sessions"]:
        found += _reports(session)
        found += _compressions(session)
        found += _optimizations(session)
    return sorted(found, key=lambda call: call.seconds)


def _reports(session: dict[str, Any]) -> Iterator[Call]:
    for number, turn in enumerate(session.get("reports", []), 1):
        body = {
            "session": session["session"],
            "title": session["title"],
            "model": session["model"],
            "lane": turn.get("lane"),
            "window_tokens": session.get("window_tokens"),
            "event_id": f"demo-{number}",
            "tokens": turn["tokens"],
            "metadata": LABEL,
        }
        yield Call(turn["t"], "/api/v1/usage", body)


def _compressions(session: dict[str, Any]) -> Iterator[Call]:
    for number, done in enumerate(session.get("compressions", []), 1):
        body = {
            "title": session["title"],
            "model": session["model"],
            "event_id": f"demo-compression-{number}",
            "metadata": LABEL,
            **done["body"],
        }
        yield Call(done["t"], f"{_address(session)}/compressions", body)


def _optimizations(session: dict[str, Any]) -> Iterator[Call]:
    for number, call in enumerate(session.get("optimize", []), 1):
        body = {
            "title": session["title"],
            "model": session["model"],
            "window_tokens": session["window_tokens"],
            "event_id": f"demo-optimize-{number}",
            "system": session["system"],
            "messages": session["messages"][: call["upto"]],
        }
        yield Call(call["t"], f"{_address(session)}/optimize", body, is_dated=False)


def _address(session: dict[str, Any]) -> str:
    return f"/api/v1/sessions/{quote(session['session'], safe='')}"

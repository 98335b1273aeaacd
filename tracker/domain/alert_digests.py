"""One message for many alerts, and the same without the lines of a deleted session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

MOST_LINES = 20  # a channel's message is short
Part = Sequence[str]  # the key of the session ("" for none), and the line about it


def together(messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`3 alerts of “Critical sessions”`, and a line for each."""
    sessions = [each.get("session") or "" for each in messages]
    lines = [f"{each['title']}. {each['text']}" for each in messages[:MOST_LINES]]
    fixed = {
        "kind": "digest",
        "rule": messages[0].get("rule", ""),
        "at": messages[-1].get("at"),
        "page": ["alerts"],
    }
    parts = list(zip(sessions, lines, strict=False))
    return fixed | _told(fixed["rule"], parts, Counter(sessions[MOST_LINES:]))


def without(message: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any] | None:
    """The digest without the lines about these sessions; None if nothing is left. A
    digest of an earlier release loses all its lines, because they name no session.
    """
    if "parts" not in message:
        kept = sorted(set(message["sessions"]) - set(gone))
        return {**message, "text": "Some of these were deleted.", "sessions": kept}
    parts = [part for part in message["parts"] if part[0] not in gone]
    beyond = {key: n for key, n in message["beyond"].items() if key not in gone}
    if not parts and not beyond:
        return None
    return {**message, **_told(message["rule"], parts, beyond)}


def _told(
    rule: str, parts: Sequence[Part], beyond: Mapping[str, int]
) -> dict[str, Any]:
    """`beyond` counts by session the messages that have no line."""
    more = sum(beyond.values())
    count = len(parts) + more
    lines = [line for _, line in parts]
    if more:
        lines.append(f"… and {more:,} more.")
    return {
        "title": f"{count:,} {'alert' if count == 1 else 'alerts'} of “{rule}”",
        "text": "\n".join(lines),
        "count": count,
        "parts": parts,
        "beyond": dict(beyond),
        "sessions": sorted(({key for key, _ in parts} | set(beyond)) - {""}),
    }

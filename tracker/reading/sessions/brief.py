"""A handoff brief: what a fresh session needs to know from one whose window is full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracker.domain.budget.status import percent_text
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.conversation.messages import read_message
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import CompressionText, LLMSession

# Newest compressions whose facts are read, facts of a kind, and characters of each.
COMPRESSIONS, FACTS, FACT_CHARACTERS = 5, 40, 300
SUMMARY_CHARACTERS = 12_000
LAST_MESSAGES, MESSAGE_CHARACTERS = 6, 800
_SENTENCES = {
    "constraint": "Instructions that hold",
    "decision": "Decisions",
    "error": "Errors that came up",
}
_NAMES = {"path": "Files", "command": "Commands", "url": "Addresses"}


def brief_of(session: LLMSession) -> str | None:
    """Markdown: facts first, then the last summary, then the last messages known.

    None where no compression's messages are stored: the project keeps none, or there
    was no compression yet. One that was only advised, or that the provider refused,
    replaced nothing.
    """
    rows = CompressionText.objects.filter(
        compression__session=session,
        compression__lane="main",
        compression__is_advice=False,
        compression__refused_at=None,
    )
    texts = list(rows.order_by("-compression__at", "-pk")[:COMPRESSIONS])
    known = [text for text in texts if text.before or text.summary]
    if not known:
        return None
    parts = [*_head(session), *_facts(known), *_summary(known[0])]
    return "\n".join([*parts, *_messages(known[0].after or [])]) + "\n"


def _head(session: LLMSession) -> Iterator[str]:
    place = session.metadata if isinstance(session.metadata, dict) else {}
    used = percent_text(session.used_tokens, session.available_tokens)
    yield f"# Go on with: {visible(str(session))}"
    yield ""
    for name in ("repository", "branch"):
        if place.get(name):
            yield f"- {name}: {visible(str(place[name]))}"
    yield f"- the session before: {used} of {session.available_tokens:,} tokens used"


def _facts(texts: Sequence[CompressionText]) -> Iterator[str]:
    """Of each kind, those of the newest compression first, each once."""
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        for fact in (text.analysis or {}).get("facts") or []:
            of_kind = found.setdefault(str(fact.get("kind")), {})
            if len(of_kind) < FACTS:
                text_of = str(fact.get("text", "")).lstrip("-* ")  # it was a list's
                of_kind.setdefault(_short(text_of, FACT_CHARACTERS))
    for kind, word in _SENTENCES.items():
        if kind in found:
            yield from ("", f"## {word}", "", *(f"- {text}" for text in found[kind]))
    names = [(word, found[kind]) for kind, word in _NAMES.items() if kind in found]
    if names:
        yield from ("", "## Names that came up", "")
        for word, texts_of in names:
            yield f"- {word}: {', '.join(f'`{text}`' for text in texts_of)}"


def _summary(text: CompressionText) -> Iterator[str]:
    if text.summary:
        yield from ("", "## What the last compression left", "")
        lines = text.summary[:SUMMARY_CHARACTERS].expandtabs(4).splitlines()
        yield "\n".join(map(visible, lines))


def _messages(after: list[Any]) -> Iterator[str]:
    said = []
    for raw in after[-LAST_MESSAGES:]:
        try:
            message = read_message(raw)
        except MessageError:
            continue
        if message.role != "system" and message.text.strip():
            said.append(f"- {message.role}: {_short(message.text, MESSAGE_CHARACTERS)}")
    if said:
        yield from ("", "## The last messages", "", *said)


def _short(text: str, most: int) -> str:
    """On one line."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"

"""What the lines of a Claude Code transcript put into the window, by kind."""

from __future__ import annotations

from typing import Any

from tracker.domain.composition.calls import one_line, short_path, stored_path
from tracker.domain.composition.filling import Filling, definition_weights
from tracker.domain.composition.portions import Portion
from tracker.sources.transcripts.claude_code.lines import Line, Message

_MEMORY = ("nested_memory", "ultramemory", "relevant_memories")
_FILES = ("file", "compact_file_reference", "pdf_reference", "opened_file_in_ide",
          "selected_lines_in_ide", "edited_text_file", "already_read_file")  # fmt: skip
_NAMES = ("displayPath", "path", "filename")


def fill_prompt(filling: Filling, line: Line, message: Message, tokens: int) -> None:
    """A user's message: a person's words, tools' results, or what the client says in a
    person's place. A summary is never counted as a person's words.
    """
    spoken = "reminders" if line.is_meta else "user_text"
    if line.is_compact_summary:
        spoken = "summaries"
    said = {"role": "user", "content": message.content}
    filling.add(said, tokens, spoken=spoken)


def fill_answer(filling: Filling, message: Message, tokens: int) -> None:
    filling.add({"role": "assistant", "content": message.content}, tokens)


def fill_attachment(filling: Filling, attachment: Any, tokens: int) -> None:
    """What the client attached: a memory file, a file, or a note of its own."""
    facts = attachment if isinstance(attachment, dict) else {}
    kind = str(facts.get("type") or "attachment")
    named = (facts[name] for name in _NAMES if isinstance(facts.get(name), str))
    path = next(named, "")
    name = short_path(path)
    label = one_line(kind.replace("_", " ").capitalize())
    if kind in _MEMORY:
        said = Portion(
            "memory_files", tokens, name=stored_path(path), label=name or label
        )
    elif kind in _FILES:
        said = Portion("documents", tokens, label=one_line(f"Attached {name}"))
    else:
        said = Portion("reminders", tokens, label=label)
    filling.put([said], part="user_context")


def fill_tools(filling: Filling, snapshot: dict[str, Any]) -> None:
    """The tools that a snapshot of the prompt defines."""
    filling.define(definition_weights(snapshot.get("tools")))

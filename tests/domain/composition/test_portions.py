"""A message shared out by kind."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.composition.calls import Call
from tracker.domain.composition.portions import KINDS, portions_of
from tracker.domain.counting.families import family_of

PLAIN = family_of("").overheads


def kinds_of(message: dict[str, Any], tokens: int = 100) -> dict[str, int]:
    found: dict[str, int] = {}
    for portion in portions_of(message, tokens, {}, PLAIN):
        found[portion.kind] = found.get(portion.kind, 0) + portion.tokens
    return found


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"role": "user", "content": "Fix the test"}, "user_text"),
        ({"role": "assistant", "content": "Done"}, "assistant_text"),
        ({"role": "assistant", "content": [{"type": "thinking", "thinking": "",
          "signature": "ab" * 50}]}, "thinking"),
        ({"type": "reasoning", "encrypted_content": "abc"}, "thinking"),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, "tool_calls"),
        ({"type": "function_call_output", "call_id": "1", "output": "x"},
         "tool_results"),
        ({"role": "tool", "tool_call_id": "1", "content": "x"}, "tool_results"),
        ({"role": "user", "content": [{"type": "image", "source": {"type": "url",
          "url": "https://pictures.test/a"}}]}, "images"),
        ({"role": "user", "content": [{"type": "document", "source": {"type": "text",
          "data": "words"}}]}, "documents"),
        ({"role": "user", "content": "<environment_context>x</environment_context>"},
         "reminders"),
        ({"role": "user", "content": "# AGENTS.md instructions for /w\nBe brief"},
         "memory_files"),
        ({"role": "user", "content": "This session is being continued from a previous "
          "conversation that ran out of context."}, "summaries"),
        ({"role": "user", "content": "<earlier messages=\"12\">…</earlier>"},
         "summaries"),
        ({"role": "system", "content": "Be brief"}, "system_prompt"),
        ({"role": "user", "content": ""}, "user_text"),
    ],
)  # fmt: skip
def test_a_message_of_one_kind_is_of_that_kind(
    message: dict[str, Any], kind: str
) -> None:
    assert kinds_of(message) == {kind: 100}
    assert kind in KINDS


def test_what_stands_side_by_side_shares_the_tokens_by_length() -> None:
    message = {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "x" * 300},
            {"type": "tool_use", "id": "1", "name": "Bash", "input": "y" * 96},
        ],
    }

    assert kinds_of(message, 120) == {"assistant_text": 90, "tool_calls": 30}


def test_a_reminder_in_a_users_message_is_not_the_users() -> None:
    reminder = (
        "<system-reminder>Contents of /w/CLAUDE.md (project): x</system-reminder>"
    )
    found = portions_of(
        {"role": "user", "content": reminder + "y" * len(reminder)}, 10, {}, PLAIN
    )

    assert [(each.kind, each.tokens, each.name) for each in found] == [
        ("memory_files", 5, "/w/CLAUDE.md"),
        ("user_text", 5, ""),
    ]


def test_a_result_belongs_to_its_calls_tool_and_file() -> None:
    calls: dict[str, Call] = {}
    asked = {"type": "tool_use", "id": "t1", "name": "Read",
             "input": {"file_path": "a.py", "offset": 1, "limit": 9}}  # fmt: skip
    portions_of({"role": "assistant", "content": [asked]}, 20, calls, PLAIN)
    answered = {"type": "tool_result", "tool_use_id": "t1", "content": "text"}
    (found,) = portions_of({"role": "user", "content": [answered]}, 50, calls, PLAIN)

    assert found == ("tool_results", 50, "Read", "a.py", "lines 1 to 9",
                     "Read a.py, lines 1 to 9")  # fmt: skip
    assert not calls


def test_results_without_ids_answer_the_calls_in_their_order() -> None:
    """As Gemini writes them."""
    calls: dict[str, Call] = {}
    asked = [
        {"type": "tool_use", "name": "read", "input": {"path": name}}
        for name in ("a.py", "b.py")
    ]
    answered = [{"type": "tool_result", "content": "x" * 40} for _ in asked]

    portions_of({"role": "assistant", "content": asked}, 20, calls, PLAIN)
    found = portions_of({"role": "user", "content": answered}, 20, calls, PLAIN)

    assert [(each.name, each.tokens) for each in found] == [("a.py", 10), ("b.py", 10)]
    assert not calls


@pytest.mark.parametrize(
    "text",
    [
        "Fix it", "This is new", "This session is being continued from a previous "
        "conversation", "Another language model started to solve this problem",
        "# AGENTS.md instructions", "<user_instructions>", "<environment_context>",
        "Base directory for this skill: /a/b",
        "Go <system-reminder>x</system-reminder>",
    ],
)  # fmt: skip
def test_a_text_is_named_alike_with_a_blank_before_it(text: str) -> None:
    """Texts that begin with a letter are looked through in a shorter way."""
    plain, indented = (
        [
            portion[:1] + portion[2:]
            for portion in portions_of({"role": "user", "content": each}, 9, {}, PLAIN)
        ]
        for each in (text, f"\n{text}")
    )
    assert plain == indented


def test_the_time_that_a_client_writes_before_a_prompt_is_not_in_its_label() -> None:
    stamp = "<current_datetime>2026-11-28T20:51:48Z</current_datetime>\n\n"
    message = {"role": "user", "content": f"{stamp}Fix the retry"}

    (portion,) = portions_of(message, 9, {}, PLAIN)

    assert (portion.kind, portion.label) == ("user_text", "“Fix the retry”")

"""Instructions come from what people wrote, not from what they pasted."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.conversation.facts import facts_of
from tracker.domain.conversation.messages import read_message
from tracker.domain.conversation.people_words import people_words

ASKED = "Never touch the billing tables."


def instructions(message: dict[str, Any]) -> list[str]:
    return [f.text for f in facts_of(read_message(message)) if f.kind == "constraint"]


@pytest.mark.parametrize(
    "pasted",
    [
        "```python\n# never call this twice\nmust_not = 1\n```",
        "# never call this from a thread",
        "// always close the handle",
        "    assert x, 'must never be empty';",
        "> Never reply to this address",
        "<system-reminder>\nAlways use the tool.\n</system-reminder>",
        "<local-command-stdout>must be set</local-command-stdout>",
        "2026-11-02 10:00:01 ERROR field must not be null",
        "+    if (never == true) {",
    ],
)
def test_what_was_pasted_asks_for_nothing(pasted: str) -> None:
    text = f"{ASKED}\n{pasted}\nThanks."

    assert instructions({"role": "user", "content": text}) == [ASKED]
    assert people_words(text) == f"{ASKED}\nThanks."


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": ASKED},
        {"role": "tool", "tool_call_id": "a", "content": ASKED},
        {"role": "user", "content": "Must it be so?"},
        {
            "role": "user",
            "content": "This session is being continued from a previous conversation."
            f" {ASKED}",
        },
    ],
)
def test_what_nobody_asked_for_is_no_instruction(message: dict[str, Any]) -> None:
    assert instructions(message) == []


def test_a_system_prompt_asks_too() -> None:
    assert instructions({"role": "system", "content": ASKED}) == [ASKED]

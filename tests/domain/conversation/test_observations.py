"""What a command printed is a tool's, also where it comes as a user's message."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.conversation.messages import read_messages
from tracker.domain.conversation.observations import acts, is_of_harness


def agent(turns: int, command: str = "```\nls src\n```") -> list[dict[str, Any]]:
    messages = [{"role": "user", "content": "Fix the parser. Never touch port 8041."}]
    for turn in range(turns):
        messages.append({"role": "assistant", "content": f"I look.\n{command}"})
        messages.append({"role": "user", "content": f"parser_{turn}.py\n(exit 0)"})
    return messages


def roles(messages: list[dict[str, Any]]) -> list[str]:
    return [message.role for message in read_messages(messages)]


@pytest.mark.parametrize(
    "command",
    [
        "```\nls src\n```",
        "<execute_bash>\nls\n</execute_bash>",
        "<function=find>\n</function>",
        "<read_file>\n<path>a</path>\n</read_file>",
        'Action: search\nAction Input: {"q": 1}',
    ],
)
def test_an_agent_s_observations_are_no_person_s_words(command: str) -> None:
    assert roles(agent(4, command)) == ["user", *["assistant", "tool"] * 4]


def test_a_person_who_talks_about_code_stays_a_person() -> None:
    chat = agent(4, "```\nprint(1)\n```\nDoes that help?")

    assert set(roles(chat)) == {"user", "assistant"}
    assert set(roles(agent(2))) == {"user", "assistant"}  # too few to tell


def test_words_between_commands_are_the_person_s() -> None:
    messages = agent(6)
    messages += [
        {"role": "assistant", "content": "Done: the parser is fixed."},
        {"role": "user", "content": "Now keep Python 3.9 working."},
    ]

    assert roles(messages)[-1] == "user"


def test_a_summary_of_ours_and_pinned_words_stay_as_they_are() -> None:
    messages = agent(4)
    messages[2]["content"] = '<earlier messages="1-2">\nx\n</earlier>'
    messages[4]["pinned"] = True

    assert [roles(messages)[at] for at in (2, 4, 6)] == ["user", "user", "tool"]


@pytest.mark.parametrize(
    ("text", "harness"),
    [
        ("OBSERVATION:\n3 files", True),
        ("<returncode>0</returncode>\nok", True),
        ("[read_file for 'a.py'] Result:", True),
        ("Observe the tides, please.", False),
    ],
)
def test_a_harness_is_known_by_how_it_begins(text: str, harness: bool) -> None:
    assert is_of_harness(text) is harness
    assert not acts(text)

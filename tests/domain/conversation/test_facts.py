"""Which literals of a message are facts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.conversation import facts as facts_module
from tracker.domain.conversation.facts import facts_of
from tracker.domain.conversation.messages import read_message


def facts(text, role="user"):
    message = read_message({"role": role, "tool_call_id": "c", "content": text})
    return {(fact.kind, fact.text) for fact in facts_of(message)}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("See https://x.io/a?b=1, please", ("url", "https://x.io/a?b=1")),
        ("Open worker/delivery.py:48 now", ("path", "worker/delivery.py:48")),
        ("Look into ~/notes/a.md and", ("path", "~/notes/a.md")),
        ("Edit settings.py.", ("path", "settings.py")),
        ("user mia_li_3668 asked", ("identifier", "mia_li_3668")),
        ("order #W4923227 is", ("identifier", "W4923227")),
        ("mail a.b@example.com for", ("identifier", "a.b@example.com")),
        ("task_acks_late is on", ("identifier", "task_acks_late")),
        ("the PixelData of", ("identifier", "PixelData")),
        ("It costs $1,250.50 total.", ("number", "costs $1,250.50 total")),
        ("backfill in batches of 500", ("number", "batches of 500")),
        ("TTL is 72 hours", ("number", "TTL is 72 hours")),
        ("Run `git push origin main` then", ("command", "git push origin main")),
        ("$ pytest tests/x.py -q", ("command", "pytest tests/x.py -q")),
        ("ValueError: bad key", ("error", "ValueError: bad key")),
        ("Never force-push to main.", ("constraint", "Never force-push to main.")),
    ],
)
def test_literals_are_found_with_their_class(text, fact):
    assert fact in facts(text)


def test_decisions_are_the_assistant_s_too_constraints_only_the_user_s():
    text = "We decided to keep it in Postgres."

    assert ("decision", text) in facts(text, role="assistant")
    assert ("constraint", text) in facts(text, role="user")


def test_tool_output_has_literals_and_errors_but_binds_nobody():
    text = "You must update 3 files\nerror: cannot open src/a.py"

    assert facts(text, role="tool") == {
        ("error", "error: cannot open src/a.py"),
        ("path", "src/a.py"),
    }


def test_command_lines_of_no_known_program_are_no_commands():
    assert (
        facts("$ 4,000 total", role="tool")
        == facts("`any thing`", role="tool")
        == set()
    )


def test_literals_of_three_letters_are_too_short():
    assert facts("a/b and x_y", role="tool") == set()


def test_literals_nobody_could_read_are_none():
    assert facts("aB1" * 200_000, role="tool") == set()


def test_list_marks_and_tiny_sentences_are_no_facts():
    assert facts("1. Tea\n2) Milk\nno") == set()


def test_a_part_of_a_path_is_not_an_identifier_as_well():
    kinds = [kind for kind, _ in facts("src/user_id/models.py")]

    assert kinds == ["path"]


def call(arguments):
    function = {"name": "bash", "arguments": arguments}
    raw = {"role": "assistant", "tool_calls": [{"id": "c", "function": function}]}
    return {(fact.kind, fact.text) for fact in facts_of(read_message(raw))}


def test_calls_tell_their_values_and_their_command_not_their_parameters():
    found = call(
        json.dumps({"command": "make test", "cwd_path": ["src/app.py", None, 3]})
    )

    assert found == {("command", "make test"), ("path", "src/app.py")}


@pytest.mark.parametrize("arguments", ["[1, 2]", "{broken", '{"command": 3}'])
def test_calls_without_a_command_have_none(arguments):
    assert not {kind for kind, _ in call(arguments)} & {"command"}


def test_each_fact_is_told_once_and_thinking_holds_none():
    blocks = [
        {"type": "thinking", "thinking": "maybe src/secret.py"},
        {"type": "text", "text": "src/app.py and src/app.py"},
    ]

    found = facts_of(read_message({"role": "assistant", "content": blocks}))

    assert [fact.text for fact in found] == ["src/app.py"]


WHOLE = (("url", facts_module._URL), ("path", facts_module._PATH))
PIECES = st.sampled_from(
    (
        *"aAb7_-./:@~+,;()é\n ",
        "src/app.py:3",
        "./x/y.go",
        "https://x.io/a?b=1",
        "camelCase",
        "PixelData",
        "snake_case_id",
        "a.b@x.io",
        "W49-22",
        "://",
    )
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=14))
def test_literals_of_runs_are_those_of_the_whole_text(parts):
    """A message is searched run by run, and each run once: that changes nothing."""
    text = "".join(parts)
    left, plain = text, []
    for kind, pattern in WHOLE:
        plain += [(kind, found[0]) for found in pattern.finditer(left)]
        left = pattern.sub(" ", left)
    plain += [
        ("identifier", found[0]) for found in facts_module._IDENTIFIER.finditer(left)
    ]
    plain = [(kind, found.rstrip(".,:;-")) for kind, found in plain]

    found = [(fact.kind, fact.text) for fact in facts_module._literals(0, text)]

    assert list(dict.fromkeys(found)) == [
        each for each in dict.fromkeys(plain) if len(each[1]) >= 4
    ]

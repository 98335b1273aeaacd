"""LangChain's calls whose arguments were no JSON, and what answers them."""

from __future__ import annotations

import pytest

from tests.domain.dialects.spoken_talk import FORMS
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer
from tracker.domain.dialects.langchain import calls_of, read_dumped
from tracker.domain.dialects.rules import flaws_of

VALID = {"name": "read", "args": {"path": "a.py"}, "id": "v", "type": "tool_call"}
INVALID = {
    "name": "read", "args": '{"path": ', "id": "i", "error": "no JSON",
    "type": "invalid_tool_call",
}  # fmt: skip
CLASSES = {"human": "HumanMessage", "ai": "AIMessage", "tool": "ToolMessage"}


def test_an_invalid_call_is_read_as_a_call():
    read = read_dumped({"type": "ai", "content": "", "invalid_tool_calls": [INVALID]})
    assert read["tool_calls"] == [
        {
            "id": "i",
            "type": "function",
            "function": {"name": "read", "arguments": '{"path": '},
        }
    ]


def test_a_call_that_a_block_holds_is_read_once():
    held = {"type": "tool_use", "id": "v", "name": "read", "input": {"path": "a.py"}}
    message = {"type": "ai", "content": [held], "tool_calls": [VALID]}
    assert calls_of({**message, "invalid_tool_calls": [INVALID]}) == [INVALID]
    assert "tool_calls" not in read_dumped(message)


def dumped(form, message):
    if form == "langchain_data":
        return {"type": message["type"], "data": message}
    if form == "langchain_lc":
        name = ["langchain", "schema", "messages", CLASSES[message["type"]]]
        return {"lc": 1, "type": "constructor", "id": name, "kwargs": message}
    return message


@pytest.mark.parametrize("form", [f for f in FORMS if f.startswith("langchain")])
@pytest.mark.parametrize("valid", [[], [VALID]])
def test_an_invalid_call_and_its_answer_go_or_stay_together(form, valid):
    talk = [{"type": ("human", "ai")[n % 2], "content": f"{n}"} for n in range(28)]
    asked = {"type": "ai", "content": "", "tool_calls": valid}
    turn = [
        {**asked, "invalid_tool_calls": [INVALID]},
        *({"type": "tool", "content": "x = 1", "tool_call_id": "v"} for _ in valid),
        {"type": "tool", "content": "No JSON. Try again.", "tool_call_id": "i"},
    ]
    for place in (1, 14, 21, 22, 23, 27):
        messages = [dumped(form, one) for one in (*talk[:place], *turn, *talk[place:])]
        assert flaws_of("langchain", messages) == ()
        answer = ContextOptimizer(BudgetPolicy()).optimize_messages(
            "invalid", messages, force=True
        )
        assert answer.compressed
        left = [dumped(form, one) in answer.messages for one in turn]
        assert len(set(left)) == 1

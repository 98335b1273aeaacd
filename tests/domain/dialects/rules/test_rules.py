"""Each rule of a provider is found where it is broken, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.dialects.spoken_talk import Turn, talk
from tracker.domain.dialects.detecting import DIALECTS
from tracker.domain.dialects.rules import RULES, flaws_of, new_flaw

USER = {"role": "user", "content": [{"type": "text", "text": "Hello"}]}
MARK = {"cache_control": {"type": "ephemeral"}}
USE = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "1"}
CHAT_USE = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f"}}],
}
CALL = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "a", "output": "1"}
THOUGHT = {"type": "reasoning", "id": "rs", "summary": []}
ASKED = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}
GAVE = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}
SAID = {"role": "user", "parts": [{"text": "Hello"}]}
B_USER = {"role": "user", "content": [{"text": "Hello"}]}
B_USE = {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}
B_RESULT = {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}]}}
A_CALL = {"type": "tool-call", "toolCallId": "a", "toolName": "f", "input": {}}
A_RESULT = {"type": "tool-result", "toolCallId": "a", "toolName": "f", "output": {}}
L_CALL = {"type": "ai", "content": "", "tool_calls": [{"id": "a", "name": "f"}]}
L_INVALID = {"type": "ai", "content": "", "invalid_tool_calls": [{"id": "a"}]}


def of(role: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


BROKEN: list[tuple[str, str, list[Any]]] = [
    ("anthropic", "first_role", [of("assistant", {"type": "text", "text": "Hi"})]),
    ("anthropic", "empty", [of("user"), USER]),
    ("anthropic", "empty_text", [of("user", {"type": "text", "text": " "}), USER]),
    ("anthropic", "orphaned_result", [USER, of("user", RESULT)]),
    ("anthropic", "orphaned_call", [USER, of("assistant", USE), USER]),
    ("anthropic", "open_call", [USER, of("assistant", USE)]),
    (
        "anthropic",
        "results_first",
        [USER, of("assistant", USE), of("user", *USER["content"], RESULT)],
    ),
    (
        "anthropic",
        "repeated_id",
        [USER, *[of("assistant", USE), of("user", RESULT)] * 2],
    ),
    ("anthropic", "cache_marks", [of("user", {**USER["content"][0], **MARK})] * 5),
    (
        "anthropic",
        "marked_thinking",
        [USER, of("assistant", {"type": "thinking", "thinking": "x", **MARK})],
    ),
    (
        "anthropic",
        "orphaned_result",
        [USER, of("assistant", {"type": "mcp_tool_result", "tool_use_id": "m"})],
    ),
    (
        "anthropic",
        "citation",
        [
            USER,
            of(
                "assistant",
                {
                    "type": "text",
                    "text": "So it says.",
                    "citations": [{"type": "char_location", "document_index": 0}],
                },
            ),
        ],
    ),
    ("openai_chat", "orphaned_result", [{"role": "tool", "tool_call_id": "a"}]),
    ("openai_chat", "orphaned_call", [CHAT_USE, {"role": "user", "content": "x"}]),
    ("openai_chat", "open_call", [CHAT_USE]),
    ("openai_chat", "empty", [{"role": "assistant", "content": None}]),
    ("openai_chat", "role", [{"role": "narrator", "content": "x"}]),
    ("openai_responses", "orphaned_result", [OUTPUT]),
    ("openai_responses", "orphaned_call", [CALL]),
    ("openai_responses", "reasoning", [THOUGHT, {"role": "user", "content": "x"}]),
    ("gemini", "orphaned_call", [SAID, ASKED, SAID]),
    ("gemini", "orphaned_result", [SAID, GAVE]),
    ("gemini", "open_call", [SAID, ASKED]),
    ("gemini", "call_turn", [ASKED, GAVE]),
    ("gemini", "call_turn", [SAID, {"role": "model", "parts": [{"text": "x"}]}, ASKED]),
    ("gemini", "empty", [{"role": "user", "parts": []}]),
    ("gemini", "role", [{"role": "assistant", "parts": [{"text": "x"}]}]),
    ("bedrock", "first_role", [of("assistant", {"text": "Hi"})]),
    ("bedrock", "alternate", [B_USER, B_USER]),
    ("bedrock", "empty", [of("user")]),
    ("bedrock", "blank", [of("user", {"text": "  "})]),
    ("bedrock", "document_alone", [of("user", {"document": {"name": "a"}})]),
    ("bedrock", "orphaned_result", [of("user", B_RESULT)]),
    ("bedrock", "orphaned_call", [B_USER, of("assistant", B_USE), B_USER]),
    ("bedrock", "open_call", [B_USER, of("assistant", B_USE)]),
    (
        "bedrock",
        "id",
        [B_USER, of("assistant", {"toolUse": {"toolUseId": "a b", "name": "f"}})],
    ),
    ("bedrock", "cache_marks", [of("user", {"text": "x"}, *[{"cachePoint": {}}] * 5)]),
    ("ai_sdk", "orphaned_call", [of("assistant", A_CALL), of("user", {"text": "x"})]),
    ("ai_sdk", "orphaned_result", [of("tool", A_RESULT)]),
    ("ai_sdk", "open_call", [of("assistant", A_CALL)]),
    ("ai_sdk", "empty", [{"role": "user", "content": ""}]),
    ("ai_sdk", "role", [{"role": "narrator", "content": "x"}]),
    ("ai_sdk", "id", [{"role": "user", "parts": [{"type": "text", "text": "x"}]}]),
    ("ai_sdk", "empty", [{"id": "m", "role": "user", "parts": []}]),
    (
        "ai_sdk",
        "open_call",
        [
            {
                "id": "m",
                "role": "assistant",
                "parts": [{"type": "tool-f", "state": "input-available"}],
            }
        ],
    ),
    ("langchain", "orphaned_call", [L_CALL, {"type": "human", "content": "x"}]),
    (
        "langchain",
        "orphaned_result",
        [{"type": "tool", "content": "", "tool_call_id": "a"}],
    ),
    ("langchain", "open_call", [L_CALL]),
    ("langchain", "open_call", [L_INVALID]),
    ("langchain", "form", [{"role": "user", "content": "x"}]),
    (
        "langchain",
        "forms",
        [
            {"type": "human", "content": "x"},
            {"type": "human", "data": {"content": "x"}},
        ],
    ),
]


@pytest.mark.parametrize(("dialect", "code", "messages"), BROKEN)
def test_a_broken_rule_is_named(dialect: str, code: str, messages: list[Any]) -> None:
    assert code in [flaw.code for flaw in flaws_of(dialect, messages)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_conversation_in_order_breaks_none(dialect: str) -> None:
    turns = [Turn(5, "file", (1, 2), 5, True, own_tool=at == 1) for at in range(3)]

    assert flaws_of(dialect, talk(dialect, turns)) == ()


def test_what_the_client_broke_itself_is_its_own() -> None:
    orphaned = [USER, of("user", RESULT)]

    assert new_flaw("anthropic", orphaned, orphaned) == ""
    assert "Anthropic would not take" in new_flaw("anthropic", [USER], orphaned)
    assert new_flaw("", [USER], []) == ""


def test_an_approved_call_waits_for_nobody() -> None:
    response = {"type": "tool-approval-response", "approvalId": "p", "approved": False}
    messages = [of("assistant", A_CALL), of("tool", response), of("user")]

    assert "orphaned_call" not in [flaw.code for flaw in flaws_of("ai_sdk", messages)]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "messages", [[], ["x"], [{}], [{"role": "user", "content": 7, "parts": "x"}]]
)
def test_odd_messages_are_judged_and_nothing_raises(
    dialect: str, messages: list[Any]
) -> None:
    assert isinstance(list(RULES[dialect](messages)), list)

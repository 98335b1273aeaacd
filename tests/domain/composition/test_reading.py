"""One pass tells what three do: the dialect, the count, and what is filled."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.composition.filling import filling_of
from tracker.domain.composition.reading import Reading
from tracker.domain.counting.counters import ScriptCounter, count_conversation
from tracker.domain.dialects.reading import read_dialect

CALL = {"id": "t", "function": {"name": "bash", "arguments": '{"command": "cat a.py"}'}}
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "Look"},
    {"role": "assistant", "content": "Which file?"},
    {"role": "user", "content": ""},
    {"role": "user", "content": "  9 tests fail,\nwhy?  " * 9},
    {"role": "user", "content": "Look <system-reminder>Be brief.</system-reminder>"},
    {"role": "user", "content": "This session is being continued from a previous co"},
    {"role": "user", "content": "<environment_context>here</environment_context>"},
    {"role": "user", "content": "An image: " + "aB3" * 700},
    {"role": "assistant", "content": "aB3 " * 700},
    {"role": "assistant", "content": "潮位" * 700, "name": "tide"},
    {"role": "robot", "content": "Who?"},
    {"role": "system", "content": "Be brief."},
    {"role": "developer", "content": "Be brief."},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "t", "content": "text"},
    {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "hologram"}]},
    {"role": "user", "content": [{"type": "hologram"}]},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "Well"}]},
    {"type": "function_call", "name": "tide", "call_id": "u", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "u", "output": "high"},
    {"role": "model", "parts": [{"text": "gemini"}]},
    {"role": "user", "content": [{"text": "bedrock"}]},
    {"type": "human", "content": "langchain"},
    {"type": "system", "content": "langchain"},
    {"role": "user", "parts": [{"type": "text", "text": "ai sdk"}]},
    {"role": "user"},
    {},
]


@given(st.lists(st.sampled_from(MESSAGES), max_size=16), st.integers(0, 16))
def test_one_pass_tells_what_three_do(messages: list[dict[str, Any]], at: int) -> None:
    counter = ScriptCounter()
    reading = Reading(counter, "gpt-5")
    reading.read(messages[:at])
    reading.read(messages[at:])

    read = read_dialect(messages)
    sizes: list[int] = []
    parts = count_conversation(
        read.messages, model="gpt-5", counter=counter, sizes=sizes
    )
    filling = filling_of(read.messages, sizes, model="gpt-5")
    reply = reading.overheads.reply if reading.is_known else 0
    assert reading.system_tokens == parts.system
    assert reading.history_tokens + reply == parts.history
    assert reading.dialect == read.dialect
    unread = read.unread and (read.unread.index, read.unread.message)
    assert reading.unread == unread
    assert reading.filling.packed() == filling.packed()
    assert reading.filling.added_lines() == filling.take_added()
    assert reading.count == len(messages)
    assert reading.spoken == sum(m.get("role") != "system" for m in messages)

"""Made-up conversations in both providers' shapes, and what providers refuse."""

from __future__ import annotations

import base64
import json
import random
import struct
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

_WORDS = """
alpha deploy /src/app/models.py don't never error ValueError: 42 user_id=9913 é🎉
データベース the and fix test_foo https://x.io/a?b=1 Caroline 👩‍👩‍👧 must only
1,250 re-run 🇩🇪 'quoted' {json} timeout=30s refund gift_card_77
"""
WORDS = _WORDS.split()
LONE = "\ud83d broken"
PICTURE = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 560, 280) + b"\0" * 900
).decode()


@dataclass(frozen=True)
class Turn:
    """A user's turn and what the assistant does: calls per round, then an answer."""

    user_words: int
    rounds: tuple[int, ...]
    result_words: int
    answer_words: int
    is_pinned: bool
    extra: str  # "", picture, lone, json, thinking, system


TURNS = st.lists(
    st.builds(
        Turn,
        user_words=st.sampled_from([1, 5, 40, 250]),
        rounds=st.lists(st.sampled_from([1, 1, 2, 3]), max_size=3).map(tuple),
        result_words=st.sampled_from([0, 2, 50, 500]),
        answer_words=st.sampled_from([1, 10, 80]),
        is_pinned=st.sampled_from([False] * 9 + [True]),
        extra=st.sampled_from(
            ["", "", "", "picture", "lone", "json", "thinking", "system"]
        ),
    ),
    max_size=10,
)


@dataclass(frozen=True)
class Conversation:
    shape: str
    messages: list[dict[str, Any]]


@st.composite
def conversations(draw: st.DrawFn, shapes: tuple[str, ...] = ("anthropic", "openai")):
    """A whole conversation of one shape, valid for its provider."""
    shape = draw(st.sampled_from(shapes))
    turns = draw(TURNS)
    seed = draw(st.integers(0, 2**16))
    return make_conversation(shape, turns, seed=seed)


def make_conversation(shape: str, turns: list[Turn], *, seed: int = 0) -> Conversation:
    maker = _Maker(shape, random.Random(seed))
    if shape == "openai":
        maker.messages.append({"role": "system", "content": maker.words(12)})
    for turn in turns:
        maker.add(turn)
    return Conversation(shape, maker.messages)


class _Maker:
    def __init__(self, shape: str, chance: random.Random) -> None:
        self.shape = shape
        self.chance = chance
        self.messages: list[dict[str, Any]] = []
        self.calls = 0

    def words(self, many: int) -> str:
        return " ".join(self.chance.choice(WORDS) for _ in range(many))

    def add(self, turn: Turn) -> None:
        said = self.words(turn.user_words)
        if turn.extra == "lone":
            said += LONE
        self._user(turn, said)
        for many in turn.rounds:
            self._calls(turn, many)
        self._answer(turn)

    def _user(self, turn: Turn, said: str) -> None:
        content: Any = said
        if self.shape == "anthropic" and turn.extra == "picture":
            source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
            content = [
                {"type": "text", "text": said},
                {"type": "image", "source": source},
            ]
        elif turn.extra == "picture":
            link = {"url": f"data:image/png;base64,{PICTURE}"}
            content = [
                {"type": "text", "text": said},
                {"type": "image_url", "image_url": link},
            ]
        message = {"role": "user", "content": content}
        if turn.is_pinned:
            message["pinned"] = True
        self.messages.append(message)

    def _result(self, turn: Turn) -> str:
        if turn.extra == "json":
            rows = [
                {"id": f"row_{at}", "name": self.words(2), "price": at * 13}
                for at in range(turn.result_words // 10)
            ]
            return json.dumps({"rows": rows, "status": "ok"})
        return self.words(turn.result_words)

    def _calls(self, turn: Turn, many: int) -> None:
        ids = [f"call_{self.calls + at}" for at in range(many)]
        self.calls += many
        args = [{"path": self.words(1), "n": at} for at in range(many)]
        if self.shape == "openai":
            self._openai_calls(turn, ids, args)
        else:
            self._anthropic_calls(turn, ids, args)

    def _openai_calls(self, turn: Turn, ids: list[str], args: list[Any]) -> None:
        calls = [
            {
                "id": call,
                "type": "function",
                "function": {"name": "read", "arguments": json.dumps(arg)},
            }
            for call, arg in zip(ids, args, strict=True)
        ]
        self.messages.append(
            {"role": "assistant", "content": None, "tool_calls": calls}
        )
        for call in ids:
            content = self._result(turn)
            self.messages.append(
                {"role": "tool", "tool_call_id": call, "content": content}
            )

    def _anthropic_calls(self, turn: Turn, ids: list[str], args: list[Any]) -> None:
        blocks: list[dict[str, Any]] = []
        if turn.extra == "thinking":
            blocks.append(
                {"type": "thinking", "thinking": self.words(20), "signature": "c2ln"}
            )
        for call, arg in zip(ids, args, strict=True):
            blocks.append(
                {"type": "tool_use", "id": call, "name": "read", "input": arg}
            )
        self.messages.append({"role": "assistant", "content": blocks})
        results = [
            {"type": "tool_result", "tool_use_id": call, "content": self._result(turn)}
            for call in ids
        ]
        self.messages.append({"role": "user", "content": results})

    def _answer(self, turn: Turn) -> None:
        said = self.words(turn.answer_words)
        content: Any = said
        if self.shape == "anthropic":
            content = [{"type": "text", "text": said}]
        self.messages.append({"role": "assistant", "content": content})
        if self.shape == "openai" and turn.extra == "system":
            self.messages.append({"role": "system", "content": self.words(8)})


def refusal(shape: str, messages: list[dict[str, Any]]) -> str | None:
    """Why the provider would answer 400; None when it would not."""
    try:
        json.dumps(messages, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return "not UTF-8"
    return (_openai if shape == "openai" else _anthropic)(messages)


def _openai(messages: list[dict[str, Any]]) -> str | None:
    waiting: set[str] = set()
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return f"messages[{at}]: no tool call found"
            waiting.discard(message["tool_call_id"])
            continue
        if waiting:
            return f"messages[{at}]: calls {sorted(waiting)} unanswered"
        waiting = {call["id"] for call in message.get("tool_calls") or ()}
    return "calls unanswered at the end" if waiting else None


def _anthropic(messages: list[dict[str, Any]]) -> str | None:
    waiting: set[str] = set()
    role = "assistant"
    for at, message in enumerate(messages):
        if message["role"] == role:
            return f"messages[{at}]: roles must alternate"
        role = message["role"]
        content = message["content"]
        blocks = content if isinstance(content, list) else []
        if not content:
            return f"messages[{at}]: empty content"
        results = {b["tool_use_id"] for b in blocks if b["type"] == "tool_result"}
        if results != waiting:
            return f"messages[{at}]: results {results}, expected {waiting}"
        kinds = [b["type"] for b in blocks]
        if "tool_result" in kinds and kinds[0] != "tool_result":
            return f"messages[{at}]: tool results must come first"
        waiting = {b["id"] for b in blocks if b["type"] == "tool_use"}
    return "calls unanswered at the end" if waiting else None

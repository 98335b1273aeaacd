"""What OpenAI's messages say beside a `content` of null: sound, and reasoning."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.counters import ScriptCounter, count_conversation
from tracker.domain.dialects.detecting import dialect_of
from tracker.domain.dialects.reading import readable

TEXT = "The gate of the northern lock opens at half past six. " * 20
NOISE = base64.b64encode(random.Random(4).randbytes(40_000)).decode()


def counted(message: dict[str, Any]) -> int:
    return count_conversation(readable([message]), counter=ScriptCounter()).total


def test_words_said_aloud_count_as_words_and_a_sound_by_its_length() -> None:
    """Chat Completions, 2026: `audio` stands beside a `content` of null."""
    written = counted({"role": "assistant", "content": TEXT})
    audio = {"id": "a1", "transcript": TEXT, "data": NOISE}
    spoken = {"role": "assistant", "content": None, "audio": audio}
    assert counted(spoken) == written
    sound = {"role": "assistant", "content": None, "audio": {"data": NOISE}}
    assert 5 < counted(sound) < len(NOISE) / 100


def test_a_sound_by_its_id_alone_is_never_counted_as_nothing() -> None:
    with pytest.raises(MessageError, match="send its transcript"):
        readable([{"role": "assistant", "content": None, "audio": {"id": "a1"}}])


def test_reasoning_counts_once_by_either_name() -> None:
    """vLLM, OpenRouter and Groq say `reasoning`, some of them both names."""
    old = {"role": "assistant", "content": None, "reasoning_content": TEXT}
    new = {"role": "assistant", "content": None, "reasoning": TEXT}
    assert counted(old) == counted(new) == counted(old | new) > 200
    assert dialect_of([new]) == "openai_chat"

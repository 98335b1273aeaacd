"""Cline's session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.agents.session_files import (
    numbers,
    told,
    write_document,
)

NOON = 1_767_614_400_000


def session(folder: Path, provider: str, **metrics: int) -> Path:
    answer = {"id": "a", "role": "assistant", "ts": NOON, "metrics": metrics,
              "content": [{"type": "text", "text": "Hello."}],
              "modelInfo": {"id": "m1", "provider": provider}}  # fmt: skip
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}, answer]
    document = {"sessionId": "s", "messages": messages, "system_prompt": "Be kind."}
    return write_document(folder / "s.messages.json", document)


@pytest.mark.parametrize(
    ("provider", "used"), [("openai-compatible", 41_000), ("anthropic", 67_000)]
)
def test_the_cache_is_inside_the_input_or_beside_it(
    tmp_path: Path, provider: str, used: int
) -> None:
    path = session(
        tmp_path, provider, inputTokens=41_000, outputTokens=40, cacheReadTokens=26_000
    )

    assert numbers(told(path, "cline").samples) == [("main", used, 26_000, 0, 40)]


def test_a_session_below_another_is_its_lane(tmp_path: Path) -> None:
    path = session(tmp_path, "openai", inputTokens=9_000, outputTokens=40)
    write_document(tmp_path / "s.json", {"parent_session_id": "above"})

    [sample] = told(path, "cline").samples

    assert (sample.session, sample.lane) == ("above", "agent-s")

"""What is read on the event loop, and what goes to a thread."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.optimizing.counted_chat import policy
from tracker.api.intake import usage


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the bodies that a thread has read."""
    sizes: list[int] = []
    in_thread = usage.in_store_thread

    async def noted(function: Any, body: bytes, *more: Any) -> Any:
        sizes.append(len(body))
        return await in_thread(function, body, *more)

    monkeypatch.setattr(usage, "in_store_thread", noted)
    return sizes


def chat(turns: int, **more: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": f"turn {n} " + "x" * 500} for n in range(turns)]
    return {"session": "chat", "model": "my-model", "messages": said} | more


async def test_a_chat_that_grows_by_a_little_needs_no_thread(
    api: Any, threads: list[int]
) -> None:
    first = await api.post("/usage", chat(30))
    assert len(threads) == 1
    grown = await api.post("/usage", chat(32, system="Be brief."))

    assert len(threads) == 1
    parts = grown.json()["budget"]["parts"]
    assert parts["history"] > first.json()["budget"]["parts"]["history"]
    assert parts["system"] == 3

    await api.post("/usage", chat(60))
    assert len(threads) == 2


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"name": "run"}]},
        {"system": [{"type": "text", "text": "Be brief."}]},
        {"user_context": [{"path": "a.py"}]},
    ],
)
async def test_lists_of_other_text_go_to_a_thread(
    api: Any, threads: list[int], more: dict[str, Any]
) -> None:
    await api.post("/usage", chat(30))
    await api.post("/usage", chat(31, **more))

    assert len(threads) == 2


async def test_what_a_tokenizer_counts_goes_to_a_thread(
    api: Any, in_db: Any, threads: list[int], settings: Any
) -> None:
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": "tests.house_tokenizers:words"}
    await in_db(policy(model_pattern="*", counting="mine"))

    await api.post("/usage", chat(2))
    await api.post("/usage", chat(3))

    assert len(threads) == 2


async def test_a_batch_may_take_no_longer_than_one(
    api: Any, threads: list[int]
) -> None:
    await api.post("/usage", chat(30))
    await api.post("/usage", [chat(34), chat(38)])
    assert len(threads) == 1
    await api.post("/usage", [chat(40)] * 20)
    assert len(threads) == 2

"""What portions weigh beside each other."""

from __future__ import annotations

from typing import Any

from tracker.domain.composition.weights import Sealed, length, letters_of


def test_texts_and_numbers_of_letters_weigh_alike() -> None:
    assert letters_of("four") == letters_of(4) == 4


def test_a_value_weighs_its_keys_and_texts_at_any_depth() -> None:
    deep: Any = "end"
    for _ in range(5_000):
        deep = [deep]
    assert length(deep) == 3
    assert letters_of({"path": ["a.py", 12]}) == len("path") + len("a.py") + len("12")


def test_thinking_that_is_shown_short_weighs_what_its_signature_seals() -> None:
    block = {"type": "thinking", "thinking": "short", "signature": "s" * 1_000}
    assert Sealed(block).letters == 660
    assert Sealed({"type": "redacted_thinking"}).letters == 1

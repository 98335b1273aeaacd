"""System prompts and user contexts: known blocks counted, others named."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from tracker.domain.dialects.context_blocks import (
    ContextError,
    check_context,
    read_context,
)

HOLOGRAM = {"type": "hologram", "layers": ["a" * 900]}


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("Be brief.", id="text"),
        pytest.param({"type": "text", "text": "Be brief."}, id="Anthropic's block"),
        pytest.param({"type": "input_text", "text": "Be brief."}, id="Responses"),
        pytest.param({"text": "Be brief."}, id="Bedrock's and Gemini's block"),
        pytest.param({"cachePoint": {"type": "default"}}, id="Bedrock's cache mark"),
        pytest.param({"parts": [{"text": "Be brief."}]}, id="Gemini's instruction"),
        pytest.param({"role": "system", "content": "Be brief."}, id="a message"),
    ],
)
@pytest.mark.parametrize("field", ["system", "user_context"])
def test_what_providers_take_is_understood(item: Any, field: str) -> None:
    kept, error = read_context([item, "And kind."], field)

    assert error is None
    assert len(kept) == 2


@pytest.mark.parametrize("field", ["system", "user_context"])
def test_the_first_unknown_block_is_named_and_none_is_kept(field: str) -> None:
    said = {"role": "user", "content": [HOLOGRAM]}

    kept, error = read_context(["Be brief.", HOLOGRAM, said], field)

    assert kept[0] == "Be brief."
    assert "hologram" not in str(kept)
    assert error is not None
    assert error.field == f"{field}[1]"
    assert error.message == 'of type "hologram" is of no known kind'


def test_data_of_a_program_s_own_is_a_user_context_and_no_system_prompt() -> None:
    row = {"customer": "Ada", "orders": 3}

    assert read_context([row, 7], "user_context") == ([row, 7], None)
    with pytest.raises(ContextError, match=r"^system\[0\]: has no type and no text"):
        check_context([row], None)
    with pytest.raises(ContextError, match=r"^user_context\[0\]"):
        check_context("Be brief.", [HOLOGRAM])


def test_text_and_nothing_pass_as_they_are() -> None:
    assert read_context("Be brief.", "system") == ("Be brief.", None)
    assert read_context(None, "system") == (None, None)


def test_a_worker_can_raise_it_to_its_caller() -> None:
    error = pickle.loads(pickle.dumps(ContextError("system[0]", "odd")))

    assert (error.field, error.message) == ("system[0]", "odd")

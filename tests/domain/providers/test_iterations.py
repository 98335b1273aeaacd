"""Several sampling steps inside one request."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.providers.reported_usage import normalise_usage

CLAUDE = {
    "input_tokens": 5190,
    "cache_read_input_tokens": 20436,
    "cache_creation_input_tokens": 46714,
    "output_tokens": 29,
}


def step(kind: str, tokens: int) -> dict[str, Any]:
    return {
        "type": kind,
        "input_tokens": tokens,
        "cache_read_input_tokens": 10,
        "cache_creation_input_tokens": 1,
        "output_tokens": 2,
    }


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["message", "message"], 2011),
        (["message", "compaction"], 1011),
        (["compaction", "message"], 2011),
        (["message", "advisor_message"], 1011),
        (["message", "fallback_message"], 2011),
        (["compaction"], 72340),
        ([], 72340),
    ],
)
def test_the_window_is_the_last_message_iteration(
    kinds: list[str], expected: int
) -> None:
    steps = [step(kind, 1000 * n) for n, kind in enumerate(kinds, start=1)]

    answer = normalise_usage({**CLAUDE, "iterations": steps})

    assert (answer.used_tokens, answer.output_tokens) == (expected, 29)


def test_litellms_prompt_after_a_compaction_is_not_the_window() -> None:
    """LiteLLM 1.110.2, run on Claude's answer with a compaction: OpenAI's names hold
    the sums of both passes, Anthropic's iterations stand beside them.
    """
    steps = [step("compaction", 190_000), step("message", 30_000)]
    usage = {
        "prompt_tokens": 220_000,
        "completion_tokens": 2_300,
        "total_tokens": 222_300,
        "iterations": steps,
    }
    last = normalise_usage({**CLAUDE, "iterations": steps})

    answer = normalise_usage(usage)

    assert answer.used_tokens == last.used_tokens < 31_000
    assert (answer.output_tokens, answer.semantics) == (2_300, "openai_chat")


@pytest.mark.parametrize("iterations", [3, ["x"], [], None, [step("other", 5)]])
def test_iterations_of_others_beside_openais_names_are_ignored(iterations: Any) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 2, "iterations": iterations}

    assert normalise_usage(usage).used_tokens == 100

"""Every dialect is compressed whole: the answer is of the same, and its provider's."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.dialects.spoken_talk import FORMS, TURNS, Turn, talk
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer, OptimizeRequest
from tracker.domain.compression.answering import in_own_words, lost_marks, understood
from tracker.domain.compression.due import all_parts
from tracker.domain.conversation.messages import read_messages
from tracker.domain.dialects.detecting import dialect_of
from tracker.domain.dialects.reading import check_supported
from tracker.domain.dialects.rules import flaws_of

LONG = [Turn(200, "file" if at == 2 else "", (1, 2), 400, True) for at in range(8)]


def dialect(form: str) -> str:
    return (
        form
        if form in ("ai_sdk", "openai_chat")
        else form.removesuffix("_ui").split("_data")[0].split("_lc")[0]
    )


def optimized(items: list[Any], window: int) -> Any:
    policy = BudgetPolicy(window_tokens=window, reserved_tokens=window // 50)
    return ContextOptimizer(policy).optimize_messages("s", items, force=True)


@pytest.mark.parametrize("form", FORMS)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    turns=TURNS, window=st.sampled_from([600, 2_500, 9_000]), seed=st.integers(0, 99)
)
def test_the_answer_is_of_the_same_dialect_and_its_provider_takes_it(
    form: str, turns: list[Turn], window: int, seed: int
) -> None:
    items = talk(form, turns, seed)
    given_items = copy.deepcopy(items)
    check_supported(items)
    assert flaws_of(dialect(form), items) == ()

    result = optimized(items, window)

    assert items == given_items
    assert result.skipped != "refused", result.warnings
    if not result.compressed:
        assert result.messages is items
        return
    assert flaws_of(dialect(form), result.messages) == ()
    pinned = [item for item in items if item.get("pinned")]
    assert [item for item in result.messages if item.get("pinned")] == pinned
    assert result.after_tokens <= result.before_tokens
    read_again = ContextOptimizer().optimize_messages("s", result.messages)
    assert read_again.before_tokens == result.after_tokens


@pytest.mark.parametrize("form", FORMS)
def test_a_long_conversation_is_compressed_and_its_files_are_named(form: str) -> None:
    items = talk(form, LONG)
    result = optimized(items, 6_000)

    assert result.compressed and result.after_tokens < result.before_tokens / 2
    assert dialect_of(result.messages) == dialect(form)
    if form != "ai_sdk_ui":  # a page's last messages are larger than the window
        assert result.messages[0] == items[0] and result.messages[-1] == items[-1]
    assert "application/pdf" in result.summary or ".pdf" in result.summary
    assert len(read_messages(result.understood)) == len(result.understood)


@pytest.mark.parametrize("form", FORMS)
def test_a_compressed_conversation_is_compressed_again(form: str) -> None:
    first = optimized(talk(form, LONG), 6_000)
    longer = [*first.messages, *talk(form, LONG, seed=5)[4:]]

    second = optimized(longer, 6_000)

    assert second.compressed
    assert second.summary.startswith('<earlier messages="')
    shown = str(list(second.messages))
    assert shown.count("<earlier messages=") == 1


@pytest.mark.parametrize("form", FORMS)
def test_every_dialect_is_counted_alike(form: str) -> None:
    def size(items: list[Any]) -> int:
        request = in_own_words(OptimizeRequest("s", items))
        return all_parts(request, request.messages).total

    plain = [Turn(200, "", (1, 2), 400, True) for _ in range(5)]

    assert size(talk(form, plain)) == pytest.approx(
        size(talk("anthropic", plain)), rel=0.08
    )


def test_an_answer_its_provider_would_refuse_is_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    items = talk("bedrock", LONG)
    monkeypatch.setattr(
        "tracker.domain.compression.answering.summary_item",
        lambda dialect, summary, like: {"role": "user", "content": [{"text": " "}]},
    )
    monkeypatch.setattr(
        "tracker.domain.compression.plans.planning.must_alternate",
        lambda messages: False,
    )

    result = optimized(items, 6_000)

    assert (result.compressed, result.skipped) == (False, "refused")
    assert result.messages is items
    assert any("Bedrock would not take the result" in text for text in result.warnings)


def test_cache_marks_that_go_are_said() -> None:
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    before = [{"role": "user", "content": [marked]}]

    assert lost_marks(before, before) == ""
    assert lost_marks(before, []).startswith("1 cache mark went with the messages")
    call = {"type": "tool_use", "input": {"cache_control": 1}}
    assert lost_marks([{"role": "assistant", "content": [call]}], []) == ""


def test_citations_of_a_document_that_is_gone_are_taken_off() -> None:
    items = talk("anthropic", LONG)
    cited = {"type": "char_location", "document_index": 0, "cited_text": "x"}
    said = {"type": "text", "text": "As the survey says.", "citations": [cited]}
    items[-1] = {"role": "assistant", "content": [said]}

    result = optimized(items, 6_000)

    assert result.messages[-1]["content"] == [{**said, "citations": None}]
    assert any("1 citation of documents" in text for text in result.warnings)


def test_messages_in_two_dialects_are_refused() -> None:
    with pytest.raises(ValueError, match="not of the dialect"):
        check_supported([*talk("gemini", LONG[:1]), *talk("bedrock", LONG[:1])])


def test_plain_messages_are_understood_as_they_are() -> None:
    items = [{"role": "user", "content": "Hello"}]

    assert understood(items) == items

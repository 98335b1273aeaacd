"""What must hold for every conversation, whatever its shape: Hypothesis properties."""

from __future__ import annotations

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.compression.conversations import conversations, refusal
from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.compression import ContextOptimizer
from tracker.domain.compression.plans.plan import DROPPED, KEPT, SHORTENED, SUMMARISED
from tracker.domain.compression.summary.extraction import source_text, source_units
from tracker.domain.conversation.messages import read_messages
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.conversation.text.vocabulary import terms_of

WINDOWS = st.sampled_from([400, 1_500, 6_000, 30_000])
every = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def policy_for(window: int) -> BudgetPolicy:
    return BudgetPolicy(window_tokens=window, reserved_tokens=window // 50)


def optimized(conversation, window, **changes):
    optimizer = ContextOptimizer(policy_for(window), **changes)
    return optimizer.optimize_messages("s", conversation.messages, force=True)


@every
@given(conversations(), WINDOWS)
def test_it_never_grows(conversation, window):
    result = optimized(conversation, window)

    assert result.after_tokens <= result.before_tokens
    if result.compressed:
        assert result.after_tokens < result.before_tokens
        assert result.after_tokens == result.plan.after_tokens
    else:
        assert result.messages is conversation.messages


@every
@given(conversations(), WINDOWS)
def test_the_provider_accepts_the_result(conversation, window):
    clean = repair_data(conversation.messages)
    assert refusal(conversation.shape, clean) is None

    result = optimized(conversation, window)

    if result.compressed:
        assert refusal(conversation.shape, list(result.messages)) is None


@every
@given(conversations(), WINDOWS)
def test_a_second_time_changes_nothing(conversation, window):
    optimizer = ContextOptimizer(policy_for(window))
    first = optimizer.optimize_messages("s", conversation.messages)

    second = optimizer.optimize_messages("s", first.messages)

    if first.is_target_met:
        assert not second.compressed
        assert second.messages is first.messages


@every
@given(conversations(), WINDOWS)
def test_kept_messages_keep_their_order_and_their_objects(conversation, window):
    result = optimized(conversation, window)
    if not result.compressed:
        return
    clean = all(repair_data(message) is message for message in conversation.messages)
    kept = [
        message
        for at, message in enumerate(conversation.messages)
        if result.plan.fates[at] == KEPT and at != result.plan.summary_at
    ]

    places = [
        next((i for i, out in enumerate(result.messages) if out is message), None)
        for message in kept
    ]
    if clean:
        assert None not in places
    assert [p for p in places if p is not None] == sorted(
        p for p in places if p is not None
    )


@every
@given(conversations(), WINDOWS)
def test_system_and_pinned_messages_stay_byte_identical(conversation, window):
    protected = [
        repair_data(message)
        for message in conversation.messages
        if message.get("pinned") or message["role"] == "system"
    ]

    result = optimized(conversation, window)

    left = repair_data(list(result.messages))
    assert [m for m in left if m in protected] == protected


@every
@given(conversations(("anthropic",)), WINDOWS)
def test_signed_thinking_is_left_whole_or_leaves_with_its_message(conversation, window):
    result = optimized(conversation, window)

    signed = [
        repair_data(message)
        for message in conversation.messages
        if isinstance(message["content"], list)
        and any(block["type"] == "thinking" for block in message["content"])
    ]
    for message in repair_data(list(result.messages)):
        if isinstance(message["content"], list) and any(
            block["type"] == "thinking" for block in message["content"]
        ):
            assert message in signed


@every
@given(conversations(), WINDOWS)
def test_the_target_is_met_or_said_to_be_missed(conversation, window):
    result = optimized(conversation, window)

    if result.plan is None:
        return
    assert result.plan.is_met == (result.plan.after_tokens <= result.target_tokens)
    if result.compressed and not result.is_target_met:
        assert "missed" in result.plan.verdict
        assert any("Target missed" in warning for warning in result.warnings)


@every
@given(conversations(), WINDOWS)
def test_every_summary_line_comes_from_the_messages_it_names(conversation, window):
    result = optimized(conversation, window)
    if result.plan is None:
        return
    read = read_messages(repair_data(conversation.messages))

    for line in result.plan.lines:
        if line.text.startswith("[same as message "):
            continue
        units = [unit for at in line.sources for unit in source_units(read[at])]
        units += [source_text(read[at]) for at in line.sources]
        said = set(terms_of("\n".join(units)))
        assert said.issuperset(terms_of(line.text))
        for at in line.sources:
            assert result.plan.fates[at] == SUMMARISED


@every
@given(conversations(), WINDOWS)
def test_every_message_has_one_fate_and_the_result_follows_it(conversation, window):
    result = optimized(conversation, window)
    if not result.compressed:
        return
    fates = result.plan.fates

    assert len(fates) == len(conversation.messages)
    assert set(fates) <= {KEPT, SUMMARISED, SHORTENED, DROPPED}
    stayed = sum(fate in (KEPT, SHORTENED) for fate in fates)
    own = result.plan.summary_way == "own"
    assert len(result.messages) == stayed + own


@every
@given(conversations(), WINDOWS)
def test_the_given_messages_are_untouched_even_when_a_summariser_fails(
    conversation, window
):
    def broken(request):
        raise RuntimeError("provider down")

    before = copy.deepcopy(conversation.messages)

    result = optimized(conversation, window, summarise=broken)

    assert conversation.messages == before
    if result.compressed and result.plan.lines:
        assert result.plan.summariser == "extractive"
        # Where all fits word for word, nobody was asked.
        assert all("provider down" in note for note in result.plan.notes)


@every
@given(conversations(), WINDOWS)
def test_below_every_trigger_the_very_same_list_comes_back(conversation, window):
    policy = BudgetPolicy(
        window_tokens=window * 10_000, reserved_tokens=0, message_limit=10_000
    )

    result = ContextOptimizer(policy).optimize_messages("s", conversation.messages)

    assert result.messages is conversation.messages
    assert (result.compressed, result.skipped, result.plan) == (False, None, None)


@every
@given(conversations(), st.integers(1, 99))
def test_any_target_share_is_met_or_missed_honestly(conversation, percent):
    policy = BudgetPolicy(
        window_tokens=4_000,
        reserved_tokens=0,
        warning=Threshold.percent(percent),
        compress=Threshold.percent(percent),
        critical=Threshold.percent(100),
        target=Threshold.percent(percent / 2),
    )

    result = ContextOptimizer(policy).optimize_messages("s", conversation.messages)

    assert result.after_tokens <= result.before_tokens
    assert result.is_target_met == (result.after_tokens <= result.target_tokens)

"""Which message of before is which of after: kept, shortened, in the summary."""

from __future__ import annotations

from tests.domain.small_talk import assistant, calls, chat, result, user
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer
from tracker.domain.review.retention import review_compression


def test_our_own_compression_is_reviewed_by_its_labels():
    messages = chat(300)
    policy = BudgetPolicy(window_tokens=8_000, reserved_tokens=0)
    outcome = ContextOptimizer(policy).optimize_messages("s", messages)

    review = review_compression(
        messages,
        outcome.messages,
        before_tokens=outcome.before_tokens,
        after_tokens=outcome.after_tokens,
        target_tokens=outcome.target_tokens,
    )

    assert [fate.fate for fate in review.fates] == list(outcome.plan.fates)
    assert all(line.is_stated for line in review.lines)
    assert review.fate_counts["kept"] == 8
    assert 0.7 < review.score < 1  # every word is left, not every sentence
    assert "target_missed" not in {verdict.code for verdict in review.verdicts}


def test_lines_carried_over_twice_still_link_to_the_summary_they_came_with():
    policy = BudgetPolicy(window_tokens=8_000, reserved_tokens=0)
    optimizer = ContextOptimizer(policy)
    first = optimizer.optimize_messages("s", chat(300))
    messages = [*first.messages, *chat(150, start=700)]
    second = optimizer.optimize_messages("s", messages)

    review = review_compression(messages, second.messages)

    assert [line.sources for line in review.lines] == [
        line.sources for line in second.plan.lines
    ]
    assert review.lines[0].sources == (2,)


def test_a_new_summary_replaces_the_earlier_one_and_is_no_edit_of_it():
    policy = BudgetPolicy(window_tokens=8_000, reserved_tokens=0)
    optimizer = ContextOptimizer(policy)
    first = optimizer.optimize_messages("s", chat(300))
    messages = [*first.messages, *chat(10, start=700)]
    second = optimizer.optimize_messages("s", messages, force=True)

    review = review_compression(messages, second.messages)

    assert second.messages[2] != messages[2]
    assert (review.fates[2].fate, review.fates[2].after_index) == ("summarised", None)


def test_a_shortened_message_is_found_again_by_its_words_or_ids():
    before = [
        user("x"),
        assistant("The long report about " + " ".join(f"item{n}" for n in range(50))),
        calls("a"),
        result("a", "rows " * 50),
    ]
    after = [
        user("x"),
        assistant("report about item1 item2 item3"),
        calls("a"),
        result("a", "[cleared]"),
    ]

    review = review_compression(before, after)

    assert [fate.fate for fate in review.fates] == [
        "kept",
        "shortened",
        "kept",
        "shortened",
    ]
    assert review.fates[1].after_tokens < review.fates[1].tokens


def test_equal_messages_inside_are_paired_in_order():
    before = [user("a"), user("ok then"), user("b"), user("ok then"), user("c")]
    after = [user("new"), user("b"), user("ok then"), user("d")]

    fates = review_compression(before, after).fates

    assert [fate.after_index for fate in fates] == [None, None, 1, 2, None]


def test_a_few_words_do_not_make_a_message_the_same():
    review = review_compression([user("alpha beta gamma")], [user("alpha")])

    assert review.fates[0].after_index is None


def test_a_message_that_got_our_summary_as_a_block_is_still_itself():
    blocks = [
        {"role": m["role"], "content": [{"type": "text", "text": m["content"]}]}
        for m in chat(300)
    ]
    policy = BudgetPolicy(window_tokens=8_000, reserved_tokens=0)
    outcome = ContextOptimizer(policy).optimize_messages("s", blocks)

    review = review_compression(blocks, outcome.messages)

    assert outcome.plan.summary_way == "next"
    assert review.fate_counts["kept"] == 8
    assert review.lines[0].is_stated

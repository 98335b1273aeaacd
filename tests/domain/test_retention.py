"""The review of a compression, whoever did it."""

from __future__ import annotations

import json

import pytest

from tests.domain.small_talk import (
    assistant,
    calls,
    chat,
    result,
    talk,
    user,
)
from tracker.domain.compression import ContextOptimizer
from tracker.domain.facts import Fact
from tracker.domain.messages import read_messages
from tracker.domain.policy import BudgetPolicy
from tracker.domain.retention import review_compression, score_meaning
from tracker.domain.survival import KeptText, mentions

BEFORE = [
    user("Webhooks reach customers twice. Never change the public payload."),
    assistant("I will look into worker/delivery.py for the cause."),
    calls("a"),
    result("a", "celery_app.py:48: task_acks_late = True"),
    assistant("We decided to use the delivery id as idempotency key, TTL is 72 hours."),
    user("Go on, and log the key at INFO."),
]
SUMMARY = (
    "Duplicate webhooks: cause is task_acks_late in celery_app.py:48.\n"
    "Decided: delivery id is the idempotency key.\n"
    "Nothing else was said about lighthouses."
)


def client_review(summary=SUMMARY, **changes):
    after = [user(summary), BEFORE[-1]]
    return review_compression(BEFORE, after, **changes)


def test_a_client_s_compaction_is_reviewed_from_outside():
    review = client_review()

    assert [fate.fate for fate in review.fates] == [
        "dropped",
        "dropped",
        "dropped",
        "summarised",
        "summarised",
        "kept",
    ]
    assert review.fates[5].after_index == 1
    assert 0.3 < review.score < 0.8
    lost = {fact.text for fact in review.facts if not fact.is_kept}
    assert "Never change the public payload." in lost
    assert "worker/delivery.py" in lost
    kept = {fact.text for fact in review.facts if fact.is_kept}
    assert {"celery_app.py:48", "task_acks_late"} <= kept
    assert review.facts_kept == len(kept)


def test_every_line_of_a_foreign_summary_is_linked_by_its_words():
    lines = client_review().lines

    assert [line.is_stated for line in lines] == [False] * 3
    assert 3 in lines[0].sources
    assert 4 in lines[1].sources
    assert lines[2].sources == ()


def test_lost_instructions_are_the_first_verdict():
    verdicts = client_review().verdicts

    assert verdicts[0].code == "instructions_lost"
    assert "Never change the public payload" in verdicts[0].text
    assert verdicts[-1].code == "pairs_intact"


def test_a_fact_in_other_words_is_kept_but_not_its_opposite():
    kept = KeptText(read_messages([user("public payload: never change it"), user("x")]))
    turned = KeptText(read_messages([user("change the public payload")]))
    fact = Fact(
        "constraint",
        "Never change the public payload.",
        "Never change the public payload.",
        0,
    )

    assert kept.place_of(fact, {}) == 0
    assert turned.place_of(fact, {}) is None


def test_numbers_survive_with_one_of_their_words():
    fact = Fact("number", "TTL is 72 hours", "72", 0, ("ttl", "hours"))
    bare = Fact("number", "72", "72", 0)

    with_word = KeptText(read_messages([user("nothing"), user("retry for 72 hours")]))
    without = KeptText(read_messages([user("72 people came")]))

    assert with_word.place_of(fact, {}) == 1
    assert without.place_of(fact, {}) is None
    assert without.place_of(bare, {}) == 0


def test_an_absolute_path_survives_as_its_folder_and_name():
    fact = Fact("path", "/home/x/app/models.py", "/home/x/app/models.py", 0)

    assert KeptText(read_messages([user("in app/models.py")])).place_of(fact, {}) == 0
    assert KeptText(read_messages([user("in models.py")])).place_of(fact, {}) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("run_4 failed", True),
        ("(run_4)", True),
        ("run_42 and xrun_4", False),
        ("run_42 then run_4", True),
        ("nothing", False),
    ],
)
def test_a_literal_is_named_only_as_a_whole_word(text, named):
    assert mentions(text, Fact("identifier", "run_4", "run_4", 0)) is named


def test_used_again_counts_later_messages_and_ranks_the_lost():
    later = [assistant("Where is worker/delivery.py?"), calls("b"), result("b", "ok")]

    review = client_review(later=later)
    unknown = client_review()

    first = review.facts[0]
    assert (first.text, first.is_kept, first.used_again) == (
        "worker/delivery.py",
        False,
        1,
    )
    assert {fact.used_again for fact in unknown.facts} == {None}


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
    assert review.score > 0.95
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


def test_nothing_replaced_scores_one():
    review = review_compression(talk(2), talk(2))

    assert (review.score, review.facts, review.lines) == (1.0, (), ())
    assert review.fate_counts == {
        "kept": 4,
        "summarised": 0,
        "shortened": 0,
        "dropped": 0,
    }


@pytest.mark.parametrize(
    ("before", "after"), [(None, None), ([], []), (None, talk(1)), (talk(1), None)]
)
def test_without_both_sides_only_the_numbers_are_judged(before, after):
    review = review_compression(
        before, after, before_tokens=9_000, after_tokens=9_500, target_tokens=5_000
    )

    assert (review.score, review.fates, review.facts) == (None, (), ())
    assert [verdict.code for verdict in review.verdicts][:2] == [
        "larger_than_source",
        "target_missed",
    ]
    assert "not known" in score_meaning(review.score)


def test_the_summary_alone_stands_for_an_unknown_after():
    review = review_compression(BEFORE, None, summary=SUMMARY)

    assert review.score is not None
    assert review.lines[0].text.startswith("Duplicate webhooks")
    assert review.fates[5].fate == "dropped"


def codes(**changes):
    known = {"before_tokens": 10_000, "after_tokens": 5_000, "target_tokens": 6_000}
    review = review_compression(None, None, **(known | changes))
    return [verdict.code for verdict in review.verdicts]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"after_tokens": 6_001}, ["target_missed"]),
        ({"after_tokens": 6_000}, []),
        ({"after_tokens": 2_999}, ["far_below_target"]),
        ({"after_tokens": 10_000}, ["larger_than_source", "target_missed"]),
        ({"after_tokens": 9_500, "target_tokens": None}, ["thrash"]),
        ({"after_tokens": 9_000, "target_tokens": None}, []),
        ({"seconds_since_compression": 59}, ["thrash"]),
        ({"seconds_since_compression": 60}, []),
        ({"before_tokens": None}, []),
        ({"after_tokens": None}, []),
    ],
)
def test_numbers_are_judged_at_their_borders(changes, found):
    assert codes(**changes) == found


def test_removed_messages_without_a_summary_are_bad():
    review = review_compression(talk(4), talk(4)[-2:])

    assert [verdict.code for verdict in review.verdicts][:1] == ["empty_summary"]


def test_a_split_pair_is_bad_but_a_call_in_flight_is_not():
    split = review_compression(BEFORE, [user("sum"), BEFORE[3], BEFORE[2], BEFORE[5]])
    flight = review_compression(BEFORE, [user("sum"), BEFORE[2]])

    assert "pair_split" in {verdict.code for verdict in split.verdicts}
    assert "pair_split" not in {verdict.code for verdict in flight.verdicts}


def test_long_and_many_lost_instructions_are_told_shortly():
    before = [user(f"You must never do thing {n} " + "x" * 150) for n in range(3)]

    review = review_compression(before, [assistant("gone")])

    [verdict] = [v for v in review.verdicts if v.code == "instructions_lost"]
    assert verdict.text.startswith("3 instructions lost")
    assert "…" in verdict.text


def test_listings_are_facts_only_where_somebody_names_them():
    rows = "\n".join(f"row sku_{n:04}" for n in range(60))
    before = [user("start"), calls("a"), result("a", rows), user("Take sku_0007.")]

    review = review_compression(before, [assistant("gone")])

    named = [fact.text for fact in review.facts if fact.kind == "identifier"]
    assert named == ["sku_0007"]


def test_the_review_is_json_ready():
    data = json.loads(json.dumps(client_review(later=[]).as_dict()))

    assert data["facts_by_kind"]["path"] == {"kept": 1, "lost": 2}
    assert data["fates"][5]["fate"] == "kept"
    assert data["verdicts"][0]["severity"] == "bad"
    assert "0." in data["score_meaning"]
    assert data["facts_kept"] + data["facts_lost"] == len(data["facts"])


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

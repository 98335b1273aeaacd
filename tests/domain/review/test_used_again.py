"""Which facts are named again by what came after a compression."""

from __future__ import annotations

from tracker.domain.review.retention import review_compression
from tracker.domain.review.used_again import facts_used_again, messages_after

BEFORE = [
    {"role": "user", "content": "Look at src/app/handler.py and at port 8041 of web."},
    {"role": "assistant", "content": "The file src/app/other.py is unrelated."},
]
AFTER = [{"role": "user", "content": "Summary: a handler was looked at."}]
LATER = [
    {
        "role": "assistant",
        "content": "Where was it? Searching src/app/handler.py again",
    },
    {"role": "user", "content": "yes, src/app/handler.py"},
]


def stored_facts(before, after):
    return review_compression(before, after).as_dict()["facts"]


def test_lost_facts_that_are_named_again_come_first_with_their_count():
    facts = facts_used_again(
        BEFORE, AFTER, [*AFTER, *LATER], stored_facts(BEFORE, AFTER)
    )

    assert facts is not None
    assert (facts[0]["text"], facts[0]["used_again"]) == ("src/app/handler.py", 1)
    others = {fact["text"]: fact["used_again"] for fact in facts[1:]}
    assert others["src/app/other.py"] == 0


def test_what_somebody_told_again_first_was_not_needed_from_memory():
    told = [LATER[1], LATER[0], {"role": "assistant", "content": "src/app/handler.py"}]
    facts = facts_used_again(
        BEFORE, AFTER, [*AFTER, *told], stored_facts(BEFORE, AFTER)
    )

    assert {fact["used_again"] for fact in facts or ()} == {0}


def test_what_everything_mentions_is_no_need():
    before = [
        {"role": "user", "content": f"In /srv/depot/shop look at part_{at} now."}
        for at in range(12)
    ]
    later = [{"role": "assistant", "content": "I am in /srv/depot/shop, see part_3"}]
    facts = facts_used_again(
        before, AFTER, [*AFTER, *later], stored_facts(before, AFTER)
    )
    again = {fact["text"]: fact["used_again"] for fact in facts or ()}

    assert (again["/srv/depot/shop"], again["part_3"]) == (0, 1)


def test_counting_agrees_with_a_review_that_knew_what_came_later():
    counted = facts_used_again(
        BEFORE, AFTER, [*AFTER, *LATER], stored_facts(BEFORE, AFTER)
    )
    reviewed = review_compression(BEFORE, AFTER, later=LATER).as_dict()["facts"]

    def ledger(facts):
        return {(f["kind"], f["text"]): f["used_again"] for f in facts or ()}

    assert ledger(counted) == ledger(reviewed)


def test_a_client_that_goes_on_from_what_was_left():
    assert messages_after(BEFORE, AFTER, [*AFTER, *LATER]) == LATER


def test_a_client_that_kept_its_whole_history():
    assert messages_after(BEFORE, AFTER, [*BEFORE, *LATER]) == LATER


def test_a_client_that_put_a_message_of_its_own_before():
    first = {"role": "system", "content": "be brief"}

    assert messages_after(BEFORE, AFTER, [first, *AFTER, *LATER]) == LATER


def test_the_same_words_later_are_not_taken_for_what_was_left():
    seen = [*AFTER, *LATER, *LATER, *LATER, AFTER[0]]

    assert messages_after(BEFORE, AFTER, seen) == seen[1:]


def test_what_goes_on_from_other_messages_tells_nothing():
    assert messages_after(BEFORE, AFTER, LATER) is None
    assert messages_after([], [], LATER) is None
    assert facts_used_again(BEFORE, AFTER, LATER, []) is None


def test_nothing_came_after_counts_zero_not_unknown():
    facts = facts_used_again(BEFORE, AFTER, AFTER, stored_facts(BEFORE, AFTER))

    assert facts is not None
    assert {fact["used_again"] for fact in facts} == {0}


def test_messages_of_no_known_shape_are_not_an_error():
    assert facts_used_again(BEFORE, AFTER, [*AFTER, {"no": "role"}], []) is None


def test_a_fact_that_was_redacted_is_searched_for_as_stored():
    fact = {
        "kind": "identifier", "text": "[secret]", "message": 0, "is_kept": False,
        "kept_in": None, "rarity": 1.0, "used_again": None,
    }  # fmt: skip
    later = [{"role": "assistant", "content": "I need [secret] again"}]

    facts = facts_used_again(BEFORE, AFTER, [*AFTER, *later], [fact])

    assert facts is not None and facts[0]["used_again"] == 1

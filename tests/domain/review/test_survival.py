"""Which facts of a conversation outlive its compression."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.small_talk import assistant, calls, result, user
from tracker.domain.conversation.facts import Fact
from tracker.domain.conversation.messages import read_messages
from tracker.domain.review.retention import review_compression
from tracker.domain.review.survival import KeptText, naming
from tracker.domain.review.word_index import TextIndex


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
    fact = Fact("identifier", "run_4", "run_4", 0)

    assert list(naming(TextIndex([text]), fact)) == [0] * named


def test_listings_are_facts_only_where_somebody_names_them():
    rows = "\n".join(f"row sku_{n:04}" for n in range(60))
    before = [user("start"), calls("a"), result("a", rows), user("Take sku_0007.")]

    review = review_compression(before, [assistant("gone")])

    named = [fact.text for fact in review.facts if fact.kind == "identifier"]
    assert named == ["sku_0007"]


def test_an_instruction_is_not_kept_by_a_line_with_another_number():
    fact = Fact("constraint", "Keep the retry window of 72 h", "", 0)
    fact = replace(fact, key=fact.text)
    changed = read_messages(
        [{"role": "user", "content": "Keep the retry window of 48 h"}]
    )
    same = read_messages(
        [{"role": "user", "content": "The retry window, 72 h, we keep"}]
    )

    assert KeptText(changed).place_of(fact, {}) is None
    assert KeptText(same).place_of(fact, {}) == 0

"""The indices find exactly what reading every text for every question finds."""

from __future__ import annotations

import random

import pytest

from tracker.domain.review.word_index import TextIndex, WordIndex, stands_in

WORDS = [f"w{number}" for number in range(30)]


@pytest.mark.parametrize(
    ("items", "least_words", "most_words"),
    [(200, 0, 12), (3_000, 8, 30)],  # read one by one, and summed by bits
)
def test_best_finds_what_summing_over_all_items_finds(items, least_words, most_words):
    chance = random.Random(4)
    held_by = [
        chance.sample(WORDS, chance.randint(least_words, most_words))
        for _ in range(items)
    ]
    index = WordIndex()
    for number, words in enumerate(held_by):
        index.add(number, words)

    for _ in range(40):
        asked = {word: chance.randrange(1, 900) for word in chance.sample(WORDS, 8)}
        share = chance.choice((0.3, 0.7, 0.8))
        most = chance.choice((1, 5, items))
        least = share * sum(asked.values())
        held = {n: sum(asked.get(w, 0) for w in ws) for n, ws in enumerate(held_by)}
        enough = sorted((-w, n) for n, w in held.items() if w >= least)

        found = index.best(asked, share, most)

        assert [n for n, _ in found] == [n for _, n in enough[:most]]
        assert [w for _, w in found] == [-w for w, _ in enough[:most]]


@pytest.mark.parametrize("items", [30, 3_000])  # searched one by one, and by bits
def test_items_that_hold_all_words_are_found_in_the_order_added(items):
    chance = random.Random(6)
    held_by = [set(chance.sample(WORDS, chance.randint(0, 30))) for _ in range(items)]
    index = WordIndex()
    for number, words in enumerate(held_by):
        index.add(number, words)

    for _ in range(40):
        asked = set(chance.sample(WORDS, chance.randint(1, 4)))

        found = list(index.holding_all(asked))

        assert found == [n for n, words in enumerate(held_by) if asked <= words]
    assert list(index.holding_all({"nowhere", "w1"})) == []


def test_equally_good_items_stand_in_the_order_added():
    index = WordIndex()
    for number in range(2_000):
        index.add(number, ["deploy", "port"])

    assert [item for item, _ in index.best({"port": 1.0}, 0.5, 4)] == [0, 1, 2, 3]


def test_what_is_added_after_a_question_is_found_by_the_next_one():
    index = WordIndex()
    for number in range(600):
        index.add(number, ["port"])
    assert len(index.best({"port": 1.0}, 0.5, 700)) == 600

    index.add(600, ["port"])

    assert len(index.best({"port": 1.0}, 0.5, 700)) == 601


def test_a_literal_is_found_in_every_part_of_a_long_text():
    lines = [f"line {number} of src/app_{number}.py" for number in range(500)]
    texts = TextIndex(["\n".join(lines), "nothing here", "see src/app_499.py:3"])

    assert list(texts.holding("src/app_499.py")) == [0, 2]
    assert list(texts.holding("pp_49")) == []
    assert list(texts.holding("\n".join(lines[250:300]))) == [0]
    assert list(texts.holding("…")) == []


def test_the_parts_of_a_text_hold_what_the_whole_text_holds():
    chance = random.Random(9)
    text = "".join(chance.choice("ab_ .\n") for _ in range(6_000))
    texts = TextIndex([text])

    for _ in range(500):
        start = chance.randrange(len(text) - 12)
        literal = text[start : start + chance.randint(1, 12)]
        assert list(texts.holding(literal)) == [0] * stands_in(text, literal)

"""Passages are whole pieces of the originals, the best first, within the budget."""

from __future__ import annotations

import json

from tracker.workers.jobs.recall import PASSAGE_CHARACTERS, _passages, find_passages

FILLER = "Nothing of interest was said here, the talk went on. " * 30
TALK = [
    {"role": "system", "content": "The word zebra in a system prompt is not recalled."},
    {"role": "user", "content": FILLER + "The zebra lives in Tromso."},
    {"role": "assistant", "content": "Noted. Zebras and more zebras: zebra."},
    {"role": "user", "content": "And the lion?"},
]


def found(question: str, budget: int = 500) -> list[tuple[int, str]]:
    passages = find_passages((json.dumps(TALK),), question, budget)
    return [(passage.number, passage.role) for passage in passages]


def test_the_message_that_says_most_of_it_comes_first() -> None:
    assert found("zebra") == [(3, "assistant"), (2, "user")]
    assert found("Where does the zebra live?")[0][0] in (2, 3)


def test_other_forms_of_a_word_are_found() -> None:
    assert (2, "user") in found("zebras living")


def test_the_budget_holds_and_a_smaller_passage_still_fits() -> None:
    passages = find_passages((json.dumps(TALK),), "zebra", 40)

    assert 0 < sum(passage.tokens for passage in passages) <= 40


def test_a_passage_is_a_piece_of_its_message() -> None:
    passages = find_passages((json.dumps(TALK),), "interest", 5_000)

    assert passages
    for passage in passages:
        assert len(passage.text) <= PASSAGE_CHARACTERS
        assert passage.text in TALK[passage.number - 1]["content"]


def test_a_message_of_two_compressions_is_found_once() -> None:
    befores = (json.dumps(TALK), json.dumps(TALK))

    assert [p.number for p in find_passages(befores, "lion", 500)] == [4]


def test_no_word_finds_nothing() -> None:
    assert found("?!") == []


def test_the_passages_of_a_message_are_all_of_its_text() -> None:
    text = FILLER + "x" * 2_000 + "\n" + FILLER + "é" * 700

    assert "".join("".join(_passages(text)).split()) == "".join(text.split())

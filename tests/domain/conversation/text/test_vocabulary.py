"""What words carry."""

from __future__ import annotations

import pytest

from tracker.domain.conversation.text.vocabulary import (
    LONGEST_WORD,
    features_of,
    is_entity,
    stem,
    terms_of,
    words_of,
)


@pytest.mark.parametrize(
    "word",
    [
        "src/app.py",
        "models.py",
        "a@b.de",
        "user_id",
        "camelCase",
        "PixelData",
        "HTTP",
        "42",
        "W4923227",
        "3f2a9c1",
        "1,250.50",
    ],
)
def test_literals_one_cannot_guess_are_entities(word):
    assert is_entity(word)


@pytest.mark.parametrize("word", ["refund", "Caroline", "I", "a/", "well-known"])
def test_ordinary_words_are_none(word):
    assert not is_entity(word)


def test_features_tell_terms_entities_and_names():
    text = "Yesterday Caroline edited src/app.py twice, for 1,250 euros."

    assert set(features_of(text)) == {
        "tyesterday",
        "tcaroline",
        "nCaroline",
        "tedit",
        "tsrc/app.py",
        "esrc/app.py",
        "eapp.py",
        "ttwice",
        "t1,250",
        "e1,250",
        "teuro",
    }


def test_lists_without_spaces_are_words_of_their_own():
    assert set(features_of("a1b,c2d,,")) == {"ta1b", "ea1b", "tc2d", "ec2d"}


def test_scripts_without_spaces_are_pairs():
    assert set(features_of("東京都のcafe1 猫")) == {
        "t東京",
        "t京都",
        "t都の",
        "tcafe1",
        "ecafe1",
        "t猫",
    }


def test_function_words_and_marks_carry_nothing():
    assert features_of("-- the of and, it’s … ***") == ()
    assert terms_of("the of and it's") == ()


def test_terms_are_the_parts_of_literals():
    assert set(terms_of("src/app.py costs 1,250 and 東京都")) == {
        "src",
        "app",
        "py",
        "cost",
        "1250",
        "東京",
        "京都",
    }


@pytest.mark.parametrize(
    ("word", "root"),
    [("decisions", "decision"), ("carried", "carry"), ("going", "going"), ("is", "is")],
)
def test_stems(word, root):
    assert stem(word) == root


def test_words_stand_once_each_in_the_order_of_the_text():
    """Weights are summed over them. Summed in the order of a set they came out a little
    different in each process, and another line entered the summary.
    """
    text = "zebra apple src/app.py mango apple"

    assert terms_of(text) == ("zebra", "apple", "src", "app", "py", "mango")
    assert features_of(text) == (
        "tzebra",
        "tapple",
        "tsrc/app.py",
        "esrc/app.py",
        "eapp.py",
        "tmango",
    )


def test_a_word_without_end_is_pieces_and_not_kept_whole() -> None:
    word = "H" * (2 * LONGEST_WORD + 5)

    assert list(map(len, words_of(f"a {word} b"))) == [
        1, LONGEST_WORD, LONGEST_WORD, 5, 1
    ]  # fmt: skip
    assert max(map(len, terms_of(word))) == LONGEST_WORD

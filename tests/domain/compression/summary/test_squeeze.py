"""Shortening of plain chat sentences."""

from __future__ import annotations

import pytest

from tracker.domain.compression.summary.squeeze import is_plain_chat, squeeze
from tracker.domain.conversation.text.vocabulary import terms_of


@pytest.mark.parametrize(
    ("sentence", "short"),
    [
        (
            "I was really happy that my sister came to the old harbour, and we swam!",
            "happy sister came old harbour, swam!",
        ),
        ("It's the 7 May 2023.", "7 May 2023."),
        ("It is so, but so is it.", "It is so, but so is it."),
    ],
)
def test_function_words_go_and_content_stays(sentence, short):
    assert squeeze(sentence) == short
    assert terms_of(squeeze(sentence)) == terms_of(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "You must never push to main.",
        "I don't like it.",
        "I can’t come.",
        "We decided to go with Postgres.",
        "He said “tomorrow” to me.",
        "Run `make test` for that.",
        "The x = 3 line is the one.",
        "It failed with an error.",
        "See https://example.com for it.",
        "It is in src/app for now.",
    ],
)
def test_what_binds_quotes_or_holds_code_is_not_plain(sentence):
    assert not is_plain_chat(sentence)


def test_small_talk_is_plain():
    assert is_plain_chat("That sounds lovely, I am so happy for you!")

"""While the window has room, the middle is merged word for word and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.small_talk import assistant, calls, optimize, result, talk, user
from tracker.domain.compression.optimizer import ContextOptimizer
from tracker.domain.compression.summary.summarising import Summary, SummaryRequest
from tracker.domain.compression.summary.summary_lines import find_earlier
from tracker.domain.conversation.messages import read_message

CODE = "def area(r):\n    if r < 0:\n        raise ValueError\n    return 3.14 * r * r"
LISTING = "\n".join(f"sku_{n} costs {n * 7} and lies in shelf {n}" for n in range(60))


def texts(messages: Any) -> str:
    return "\n".join(read_message(message).text for message in messages)


@pytest.mark.parametrize("words", [1, 4, 60])
def test_25_short_messages_become_fewer_and_keep_every_word(words: int) -> None:
    messages = talk(13, words=words)[:25]

    outcome = optimize(messages, window=200_000)

    assert (outcome.compressed, outcome.skipped) == (True, None)
    assert outcome.trigger == "messages"
    assert outcome.messages[:2] == messages[:2]
    assert outcome.messages[-6:] == messages[-6:]
    assert len(outcome.messages) <= 10
    merged = texts(outcome.messages)
    assert all(message["content"] in merged for message in messages)
    assert "dropped" not in outcome.plan.fates


def test_lines_of_code_stay_lines_also_over_two_compressions() -> None:
    messages = talk(15)
    messages[9] = {**messages[9], "content": CODE}

    once = optimize(messages, window=200_000)
    twice = optimize([*once.messages, *talk(15)], window=200_000)

    for outcome in (once, twice):
        found = [find_earlier(read_message(message)) for message in outcome.messages]
        (earlier,) = [each for each in found if each]
        assert [line.text for line in earlier.lines if line.number == 10] == [CODE]


def test_calls_and_results_keep_every_word_and_a_repeated_one_is_pointed_at() -> None:
    middle = [calls("a"), result("a", LISTING), assistant("Seen.")]
    middle += [calls("b"), result("b", LISTING), assistant("The same.")]
    messages = [*talk(2), *middle, *talk(9)]

    outcome = optimize(messages, window=200_000)

    merged = texts(outcome.messages)
    assert merged.count("sku_59 costs 413 and lies in shelf 59") == 1
    assert "[6T] [same as message 9]" in merged
    assert "→ find" in merged or "→ " in merged


def test_a_line_that_looks_like_ours_does_not_become_one() -> None:
    messages = talk(15)
    messages[9] = {**messages[9], "content": "Quote:\n[3U] not said by [3U]"}

    outcome = optimize(messages, window=200_000)

    found = [find_earlier(read_message(message)) for message in outcome.messages]
    (earlier,) = [each for each in found if each]
    assert [line.number for line in earlier.lines] == list(range(3, 25))
    assert earlier.lines[7].text == "Quote:\n[3U] not said by [3U]"


def test_no_model_is_asked_for_what_fits() -> None:
    def never(request: SummaryRequest) -> Summary:
        raise AssertionError("asked")

    outcome = ContextOptimizer(summarise=never).optimize_messages("s", talk(15))

    assert outcome.compressed
    assert outcome.plan is not None and outcome.plan.notes == ()


def test_without_room_the_target_decides() -> None:
    messages = talk(30, words=300)

    outcome = optimize(messages, window=76_000)

    assert outcome.trigger == "messages"
    assert outcome.before_tokens > outcome.target_tokens
    assert outcome.after_tokens <= outcome.target_tokens


def test_what_text_cannot_carry_is_named() -> None:
    blocks = [
        {"type": "document", "title": "Offer 7", "source": {"type": "base64",
         "media_type": "application/pdf", "data": "QUJD" * 1000}},
        {"type": "image", "source": {"type": "url", "url": "https://e.test/a.png"}},
        {"type": "text", "text": "See both."},
    ]  # fmt: skip
    messages = talk(15)
    messages[8] = user(blocks)

    outcome = optimize(messages, window=200_000)

    merged = texts(outcome.messages)
    assert "[document Offer 7, application/pdf, 2 KB]" in merged
    assert "[image https://e.test/a.png]" in merged
    assert "See both." in merged

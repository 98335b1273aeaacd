"""The words of a compression as they are stored, under what a project keeps."""

from __future__ import annotations

import json
from typing import Any

from tracker.domain.compression_words import Keeping
from tracker.domain.reports import CompressionReport
from tracker.domain.review.verdicts import QUOTING
from tracker.workers.jobs.words import words_of, write_words

SECRET = "sk-ant-api03-abcdefghijklmnop"
BEFORE = [{"role": "user", "content": f"key {SECRET} of ACME-1"}]
VERDICT = {"code": "instructions_lost", "text": f"1 lost{QUOTING}“{SECRET}”."}
ANALYSIS = {"score": 0.5, "facts_kept": 1, "facts_lost": 2, "verdicts": [VERDICT]}
ALL, NOTHING = Keeping("yes"), Keeping("no")
REDACTED = Keeping("redacted", (r"ACME-\d+",))


def report(**more: Any) -> CompressionReport:
    return CompressionReport(
        "s", 9, 5, summary=SECRET, before=BEFORE, after=[], analysis=ANALYSIS, **more
    )


def test_all_is_written_as_json_beside_the_figures() -> None:
    words = words_of(report(), ALL)

    assert json.loads(words.before or "") == BEFORE
    assert json.loads(words.analysis or "") == ANALYSIS
    assert (words.after, words.plan) == ("[]", None)
    assert (words.before_count, words.after_count) == (1, 0)
    assert (words.score, words.facts_kept, words.facts_lost) == (0.5, 1, 2)
    assert words.verdicts == (VERDICT,)


def test_nothing_kept_leaves_figures_alone() -> None:
    words = words_of(report(), NOTHING)

    assert SECRET not in str(words)
    assert (words.before, words.analysis, words.score) == (None, None, 0.5)
    assert words.verdicts[0]["text"] == "1 lost"


def test_words_written_under_older_rules_are_written_anew() -> None:
    written = report(words=words_of(report(), ALL))

    redacted, none = words_of(written, REDACTED), words_of(written, NOTHING)

    assert SECRET not in str(redacted) and "ACME-1" not in str(redacted)
    assert "[redacted key] of [redacted]" in (redacted.before or "")
    assert SECRET not in str(none)
    for words in (redacted, none):
        assert (words.score, words.facts_lost, words.before_count) == (0.5, 2, 1)


def test_what_was_left_out_stays_out_when_more_is_kept() -> None:
    written = report(words=words_of(report(), NOTHING))

    words = words_of(written, ALL)

    assert SECRET not in str(words)
    assert (words.before, words.score) == (None, 0.5)
    assert words.verdicts[0]["text"] == "1 lost"


def test_words_under_the_same_rules_are_taken_as_they_are() -> None:
    written = words_of(report(), REDACTED)

    assert words_of(report(words=written), REDACTED) is written


def test_characters_no_store_takes_are_replaced_everywhere() -> None:
    odd = "a\0b \ud83d \\u0000"
    analysis = {"verdicts": [{"text": odd}]}

    words = write_words(ALL, before=[{"content": odd, odd: 10**30}], analysis=analysis)

    (message,) = json.loads(words.before or "")
    assert message["content"] == "a\N{REPLACEMENT CHARACTER}b � \\u0000"
    assert 10**30 in message.values()
    assert "\0" not in str(words.verdicts)

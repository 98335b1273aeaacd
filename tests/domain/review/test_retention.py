"""The review of a client's compaction, seen from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.domain.review.webhook_talk import BEFORE, SUMMARY, client_review
from tests.domain.small_talk import assistant, calls, result, talk, user
from tracker.domain.review.retention import review_compression


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


def test_nothing_replaced_scores_one():
    review = review_compression(talk(2), talk(2))

    assert (review.score, review.facts, review.lines) == (1.0, (), ())
    assert review.fate_counts == {
        "kept": 4,
        "summarised": 0,
        "shortened": 0,
        "dropped": 0,
    }


def test_the_summary_alone_stands_for_an_unknown_after():
    review = review_compression(BEFORE, None, summary=SUMMARY)

    assert review.score is not None
    assert review.lines[0].text.startswith("Duplicate webhooks")
    assert review.fates[5].fate == "dropped"


def test_the_review_is_json_ready():
    data = json.loads(json.dumps(client_review(later=[]).as_dict()))

    assert data["facts_by_kind"]["path"] == {"kept": 1, "lost": 2}
    assert data["fates"][5]["fate"] == "kept"
    assert data["verdicts"][0]["severity"] == "bad"
    assert "0." in data["score_meaning"]
    assert data["facts_kept"] + data["facts_lost"] == len(data["facts"])


PRINTS = """
import hashlib, json
from tests.domain.compression.summary.test_literals import tool_heavy
from tests.domain.review.test_retention import talk_at_the_border
from tracker.domain.compression.summary.extraction import extractive_summary
from tracker.domain.review.retention import review_compression
from tracker.domain.review.used_again import facts_used_again

before, after, later = talk_at_the_border()
review = review_compression(before, after).as_dict()
again = facts_used_again(before, after, [*after, *later], review["facts"])
lines = [str(line) for line in extractive_summary(tool_heavy()).lines]
assert any("also helper_" in line for line in lines)
print(hashlib.sha256(json.dumps([review, again, lines]).encode()).hexdigest())
"""


def talk_at_the_border():
    """Of each sentence's words, rare and less rare ones, exactly 7 of 10 are left. That
    is the share at which a sentence counts as kept: the last bit of the sums decides.
    """
    before, lines = [], []
    for n in range(40):
        rare = [f"r{n}k{i}" for i in range(10)]
        shared = [f"s{n // 2}k{i}" for i in range(10)]
        before.append(user(f"We must {' '.join([*rare, *shared])}."))
        lines.append(" ".join([*rare[:7], *shared[:7]]))
    return before, [user("\n".join(lines))], before[3:9]


def test_a_review_and_a_summary_with_lists_are_the_same_in_every_process():
    """Each worker draws how its sets are ordered; floats summed over a set differed in
    the last bit, and a message was "summarised" in one process, "dropped" in another.
    """
    found = {
        subprocess.run(
            [sys.executable, "-c", PRINTS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(found) == 1 and found != {""}


def test_only_what_stands_word_for_word_scores_one():
    call = {"id": "c", "type": "function"}
    call["function"] = {"name": "read", "arguments": '{"path": "/srv/a.py"}'}
    before = [
        {"role": "user", "content": "Read it, please. It is short."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "x = 1"},
    ]
    whole = "Read it, please. It is short.\n→ read path: /srv/a.py\nx = 1"

    def score(text):
        return review_compression(before, [{"role": "user", "content": text}]).score

    assert score(whole) == 1.0
    assert score("short read it please; path a.py of /srv: x 1, → is") == 0.98
    assert 0 < score("Read it, please.") < 0.9

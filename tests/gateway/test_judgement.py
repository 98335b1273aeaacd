"""How full a window is expected to be, by the last answer and the growth since."""

from __future__ import annotations

import json

from tests.gateway.bodies import anthropic
from tracker.domain.budget.resolution import PolicyBook
from tracker.gateway.conversation import Conversation
from tracker.gateway.judgement import Judge, asked_window
from tracker.gateway.request_body import RequestBody, read_body

TALK = Conversation("s", "main", True)


def request(size: int) -> RequestBody:
    body = json.dumps(anthropic(size=size)).encode()
    return read_body("anthropic", "", body, {})


def test_the_first_call_is_estimated_and_the_next_by_the_last_answer() -> None:
    judge, policies = Judge(), PolicyBook()
    small, large = request(100_000), request(110_000)

    first = judge.judged(policies, 1, TALK, small, None)
    judge.learn(1, TALK, small, used_tokens=163_000, session_id=1)
    second = judge.judged(policies, 1, TALK, large, None)

    assert 50_000 < first.used_tokens < 51_000
    assert first.level == "ok"
    assert second.used_tokens == 163_000 + 2 * 10_000 // 4
    assert second.level == "compress"
    other = judge.judged(policies, 2, TALK, large, None)
    assert other.level == "ok"  # another project's session of this name


def test_a_shorter_history_is_estimated_anew() -> None:
    judge, policies = Judge(), PolicyBook()
    judge.learn(1, TALK, request(300_000), used_tokens=190_000, session_id=1)

    assert judge.judged(policies, 1, TALK, request(4_000), None).used_tokens < 3_000


def test_a_window_that_is_asked_for_is_judged_by() -> None:
    judge, policies = Judge(), PolicyBook()
    window = asked_window("foo,context-1m-2025-08-07")
    status = judge.judged(policies, 1, TALK, request(400_000), window)

    assert (window, asked_window("other")) == (1_000_000, None)
    assert (status.limits.window_tokens, status.window_source) == (1_000_000, "client")
    tiny = judge.judged(policies, 1, TALK, request(100), 10)
    assert tiny.limits.window_tokens == 200_000  # the reserve leaves nothing of 10

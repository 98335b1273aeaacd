"""How full a window is expected to be, and whether a compression is due."""

from __future__ import annotations

import json
from typing import Any

from tests.gateway.bodies import anthropic
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy
from tracker.gateway.judgement import Judge, Judged, asked_window, with_cold_threshold
from tracker.gateway.request.body import Outline, read_body
from tracker.gateway.request.conversation import Conversation

CHAT = b'{"messages": [{"role": "user", "content": "Hi"}]}'
TALK = Conversation("s", "main", True)


def request(size: int, **more: Any) -> Outline:
    body = json.dumps(anthropic(size=size, **more)).encode()
    return read_body("anthropic", "", body, {}).outline


def judged(judge: Judge, outline: Outline, **given: Any) -> Judged:
    said = {"messages_bytes": outline.messages_bytes, "new_messages": lambda: 5} | given
    policies = said.pop("policies", PolicyBook())
    window = said.pop("window", None)
    return judge.judged(policies, said.pop("project", 1), TALK, outline, window, **said)


def learn(judge: Judge, outline: Outline, used: int, **given: Any) -> None:
    said = {"messages_bytes": outline.messages_bytes} | given
    judge.learn(1, TALK, outline, used_tokens=used, session_id=1, **said)


def test_the_first_call_is_estimated_and_the_next_by_the_last_answer() -> None:
    judge = Judge()
    small, large = request(100_000), request(110_000)

    first = judged(judge, small)
    learn(judge, small, 163_000)
    second = judged(judge, large)

    assert 50_000 < first.status.used_tokens < 51_000
    assert (first.status.level, first.trigger, first.is_known) == ("ok", "", False)
    assert second.status.used_tokens == 163_000 + 2 * 10_000 // 4
    assert (second.trigger, second.is_known) == ("budget", True)
    assert judged(judge, large, project=2).status.level == "ok"


def test_behind_a_new_cut_the_last_answer_says_what_a_byte_takes() -> None:
    judge, outline = Judge(), request(300_000)
    learn(judge, outline, 300_000)

    half = judged(judge, outline, messages_bytes=outline.messages_bytes // 2, cut=b"1")

    assert 150_000 <= half.status.used_tokens < 151_000


def test_a_window_that_is_asked_for_is_judged_by() -> None:
    judge, outline = Judge(), request(400_000)
    window = asked_window("foo,context-1m-2025-08-07")
    status = judged(judge, outline, window=window).status

    assert (window, asked_window("other")) == (1_000_000, None)
    assert (status.limits.window_tokens, status.window_source) == (1_000_000, "client")
    tiny = judged(judge, request(100), window=10).status
    assert tiny.limits.window_tokens == 200_000  # the reserve leaves nothing of 10


def test_the_message_limit_is_for_chats_unless_the_policy_says_otherwise() -> None:
    judge, agent = Judge(), request(100)
    chat = read_body("anthropic", "", CHAT, {}).outline

    def trigger(outline: Outline, limit: str) -> str:
        policy = ScopedPolicy("p", "default", {"gateway_message_limit": limit})
        book = PolicyBook([policy])
        return judged(judge, outline, policies=book, new_messages=lambda: 21).trigger

    assert [trigger(agent, limit) for limit in ("chats", "all", "off")] == [
        "", "messages", "",
    ]  # fmt: skip
    assert [trigger(chat, limit) for limit in ("chats", "off")] == ["messages", ""]


def test_a_cold_cache_is_a_chance_to_compress_from_a_lower_share() -> None:
    now = [0.0]
    judge, outline = Judge(lambda: now[0]), request(100)
    policy = ScopedPolicy("p", "default", {"gateway_cold_share": 50})
    learn(judge, outline, 120_000)

    def trigger(**given: Any) -> str:
        return judged(judge, outline, policies=PolicyBook([policy]), **given).trigger

    now[0] = 299.0
    assert trigger() == ""
    now[0] = 301.0
    assert trigger() == "budget"
    assert trigger(asks_for_hour=lambda: True) == ""
    cold = with_cold_threshold(BudgetPolicy(gateway_cold_share=50))
    assert (str(cold.compress), str(cold.target)) == ("50 %", "30 %")


def continued(size: int, *, previous: str = "resp_1") -> Outline:
    body = {"model": "gpt-5", "input": "x" * size, "previous_response_id": previous}
    if not previous:
        del body["previous_response_id"]
    return read_body("responses", "", json.dumps(body).encode(), {}).outline


def test_a_call_that_continues_an_answer_adds_all_it_holds() -> None:
    judge = Judge()
    first, whole = continued(4_000), continued(600_000, previous="")
    learn(judge, first, 100_000)

    second = judged(judge, continued(4_000))
    anew = judged(judge, whole)

    assert second.status.used_tokens == 100_000 + first.messages_bytes // 4
    # Its size alone: 100,000 and 600,000 bytes more would be far too much.
    assert anew.status.used_tokens == whole.messages_bytes // 4
    assert (second.is_known, anew.is_known) == (True, False)

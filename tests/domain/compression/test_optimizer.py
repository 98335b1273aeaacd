"""What the optimizer answers when it compresses."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import SimpleNamespace

import pytest

from tests.domain.compression.small_window import SMALL, run
from tests.domain.small_talk import chat, talk
from tracker.domain.compression import OptimizeRequest, optimize
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.measure import NamedCount


def test_the_order_s_example_keeps_two_and_six_and_lands_at_sixty_percent():
    messages = chat(400)

    outcome = run(messages)

    assert outcome.compressed
    assert (outcome.trigger, outcome.reasons) == ("exceeded", ("messages", "budget"))
    assert outcome.messages[:2] == messages[:2]
    assert outcome.messages[-6:] == messages[-6:]
    assert len(outcome.messages) == 2 + 1 + 6
    assert outcome.after_tokens <= outcome.target_tokens == 6_000
    assert outcome.is_target_met
    assert outcome.status.level == "ok"
    assert outcome.status_before.level == "exceeded"
    assert outcome.summary == outcome.messages[2]["content"] == outcome.plan.summary


def test_unknown_shapes_are_refused_with_their_place():
    with pytest.raises(MessageError) as caught:
        run([{"role": "user", "content": "x"}, {"content": "no role"}])

    assert (caught.value.index, caught.value.message) == (1, "role is missing")


def test_objects_of_an_sdk_are_read_and_come_back_as_they_are():
    class Answer(SimpleNamespace):
        def model_dump(self, **_):
            return {"role": self.role, "content": self.content}

    messages = chat(400)
    messages[-1] = Answer(**messages[-1])

    outcome = run(messages)

    assert outcome.messages[-1] is messages[-1]


def test_warnings_tell_of_the_budget_and_of_what_could_not_be_done():
    outcome = run(chat(400), system="must stay " * 3_000)

    assert "Compress now" in outcome.warnings[0]
    assert any(warning.startswith("Target missed") for warning in outcome.warnings)
    assert outcome.warnings[-1].startswith("After compression")


def test_the_tracker_compresses_in_another_process():
    request = OptimizeRequest(
        "s",
        chat(400),
        policy=SMALL,
        system="Be kind.",
        count=NamedCount("estimated"),
        summarise=None,
    )
    here = optimize(request)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(optimize, request).result(timeout=60)

    assert there.messages == here.messages
    assert pickle.loads(pickle.dumps(here)).plan == here.plan
    assert here.status.source == "estimated"


def test_every_tool_result_in_the_middle_is_flattened_with_its_source():
    rows = {"orders": [{"id": f"W{n}99", "total": n * 10} for n in range(3)]}
    call = {"id": "a", "type": "function"}
    call["function"] = {"name": "list_orders", "arguments": '{"user": "mia_3668"}'}
    messages = [
        *talk(2, words=5),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": json.dumps(rows)},
        *chat(300, start=2),
    ]

    outcome = run(messages)

    assert "[5A] → list_orders user: mia_3668" in outcome.summary
    assert "[6T] orders[0] id: W099, total: 0" in outcome.summary


def test_what_no_count_sees_is_in_every_number_and_in_no_plan() -> None:
    messages = [{"role": "user", "content": f"{n} " + "word " * 200} for n in range(30)]
    plain = optimize(OptimizeRequest("s", messages, force=True))

    found = optimize(OptimizeRequest("s", messages, force=True, unseen_tokens=5_000))

    assert found.before_tokens == plain.before_tokens + 5_000
    assert found.after_tokens == plain.after_tokens + 5_000
    assert found.plan is not None and plain.plan is not None
    assert found.plan.freed_tokens == plain.plan.freed_tokens
    assert found.status.parts.unattributed == 5_000
    assert found.status.source == "estimated"

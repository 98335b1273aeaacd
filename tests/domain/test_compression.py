"""When the optimizer compresses, what it answers, and why it sometimes does not."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from types import SimpleNamespace

import pytest

from tests.domain.small_talk import chat, talk
from tracker.domain.compression import ContextOptimizer, OptimizeRequest, optimize
from tracker.domain.measure import NamedCount
from tracker.domain.message_pieces import MessageError
from tracker.domain.middle import messages_behind_summary, numbered_originals
from tracker.domain.policy import BudgetPolicy
from tracker.domain.summary_lines import frame_summary

SMALL = BudgetPolicy(window_tokens=10_000, reserved_tokens=0)


def run(messages, policy=SMALL, **changes):
    return ContextOptimizer(policy).optimize_messages("s", messages, **changes)


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


@pytest.mark.parametrize(("count", "trigger"), [(20, ""), (21, "messages")])
def test_more_than_twenty_messages_compress_below_any_share(count, trigger):
    messages = talk(11, words=150)[:count]

    outcome = run(messages, policy=replace(SMALL, window_tokens=100_000))

    assert outcome.trigger == trigger
    assert outcome.compressed == bool(trigger)


@pytest.mark.parametrize(
    ("tokens", "trigger"),
    [(8_499, ""), (8_500, "budget"), (9_500, "critical"), (10_001, "exceeded")],
)
def test_the_budget_compresses_from_its_threshold_on(tokens, trigger):
    few = talk(6, words=20)
    used = run(few).before_tokens
    padding = "x" * int((tokens - used - 4) * 3.5)

    outcome = run([*few, {"role": "user", "content": padding}])

    assert outcome.before_tokens == tokens
    assert outcome.trigger == trigger


def test_system_messages_do_not_count_as_messages():
    system = [{"role": "system", "content": "Be kind."}] * 5

    outcome = run([*system, *talk(10, words=2)])

    assert outcome.trigger == ""


def test_force_compresses_without_a_trigger_and_within_the_cooldown():
    messages = talk(8, words=100)

    outcome = run(messages, force=True, seconds_since_compression=1)

    assert (outcome.compressed, outcome.trigger) == (True, "manual")


def test_too_little_to_win_is_not_forced_into_a_frame():
    messages = talk(5, words=1)

    outcome = run(messages, force=True)

    assert outcome.messages is messages
    assert outcome.skipped == "little_to_reclaim"
    assert outcome.plan.verdict.startswith("nothing to gain")


def test_exceeded_does_not_wait_for_the_cooldown():
    assert run(chat(400), seconds_since_compression=0).compressed


def test_advice_leaves_the_messages_and_brings_the_plan():
    messages = chat(400)

    outcome = run(messages, policy=replace(SMALL, mode="advise"))

    assert outcome.messages is messages
    assert (outcome.compressed, outcome.skipped) == (False, "advise")
    assert outcome.after_tokens == outcome.before_tokens > 10_000
    assert outcome.plan.after_tokens <= 6_000
    assert outcome.summary == ""


def test_only_messages_since_the_last_compression_count():
    first = run(chat(400))
    more = [*first.messages, *chat(7, start=900)]

    counted = run(more)
    told = run(more, messages_since_compression=21)

    assert messages_behind_summary(more) == 20
    assert counted.trigger == ""
    assert told.trigger == "messages"


def test_without_a_summary_all_messages_are_new():
    assert messages_behind_summary(talk(3)) == 6
    assert messages_behind_summary([]) == 0


def test_a_summary_inside_a_message_leaves_that_message_new():
    messages = [
        {"role": m["role"], "content": [{"type": "text", "text": m["content"]}]}
        for m in chat(400)
    ]

    outcome = run(messages)

    assert outcome.plan.summary_way in ("next", "previous")
    assert len(outcome.messages) == 8
    assert messages_behind_summary(outcome.messages) in (6, 7)
    assert run(outcome.messages).messages is outcome.messages


def test_a_new_summary_is_made_from_the_originals_where_they_are_stored():
    note = {"role": "user", "content": "The blue notebook is under W-7741, of course."}
    before = [*chat(4), note, *chat(50, start=4)]
    # The earlier summary has nothing of it left.
    poor = {"role": "user", "content": frame_summary((), first=3, last=100)}
    messages = [*before[:2], poor, *before[100:], *chat(200, start=500)]

    nested = run(messages, force=True)
    rebuilt = run(messages, force=True, originals=numbered_originals([before]))

    assert "W-7741" not in nested.summary
    [line] = [line for line in rebuilt.plan.lines if "W-7741" in line.text]
    assert (line.number, line.kind, line.sources) == (9, "earlier", (2,))


def test_originals_leave_out_summaries_and_keep_the_oldest():
    messages = talk(60)
    first = run(messages)
    more = [*first.messages, *talk(60, start=100)]

    originals = numbered_originals([messages, more])

    assert len(originals) == 240
    assert originals[3] is messages[2]
    assert originals[121] is more[9]


def test_the_summary_is_replaced_not_nested():
    first = run(talk(60))
    second = run([*first.messages, *talk(60, start=100)])

    assert second.summary.count("<earlier") == 1
    assert second.plan.fates[2] == "summarised"
    assert second.summary.startswith('<earlier messages="3-234">')


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

    assert "compress now" in outcome.warnings[0]
    assert any(warning.startswith("Target missed") for warning in outcome.warnings)
    assert outcome.warnings[-1].startswith("After compression")


def test_a_drop_of_the_level_is_worth_a_small_gain():
    """Otherwise a conversation that could just fit would stay refused."""
    system = "x" * 33_000
    strict = replace(SMALL, min_reclaim_tokens=5_000)

    outcome = run(chat(15), policy=strict, system=system)

    assert outcome.status_before.level == "exceeded"
    assert outcome.compressed
    assert outcome.plan.freed_tokens < 5_000
    assert outcome.status.level != "exceeded"


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

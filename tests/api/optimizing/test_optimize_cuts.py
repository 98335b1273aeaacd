"""POST optimize with the whole history each time: what was compressed stays so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import LONG_TALK
from tests.domain.dialects.spoken_talk import Turn, talk
from tracker.domain.cuts.digests import chain

MORE = [
    {"role": "user", "content": "What is the port of part 3?"},
    {"role": "assistant", "content": "It is 8003."},
    {"role": "user", "content": "And of part 4?"},
]
GROWN = [*LONG_TALK, *MORE]


async def optimized(api: Any, messages: Any, session: str = "s", **more: Any) -> Any:
    answer = await api.post(
        f"/sessions/{session}/optimize", {"messages": messages, **more}
    )
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.fixture
def forget() -> Any:
    """As another process, or the same one after a restart, has it."""
    from tracker.ingest.compressing import cuts

    return cuts.memory.clear


async def test_the_same_bytes_come_first_and_what_is_new_behind_them(
    api: Any, in_db: Any, forget: Any
) -> None:
    from tracker.models import Compression

    first = await optimized(api, LONG_TALK)

    for _ in range(2):
        again = await optimized(api, GROWN)
        assert again["messages"] == [*first["messages"], *MORE]
        assert again["compressed"] is True
        assert (again["reasons"], again["skipped"]) == ([], None)
        assert again["cut"] == first["cut"]
        assert again["compression"] == first["compression"]
        assert again["plan"] is None
        forget()
    assert first["cut"] == {
        "id": chain(LONG_TALK)[-1].hex(),
        "message_count": 30,
        "is_kept": True,
    }
    assert await in_db(Compression.objects.count) == 1


async def test_its_numbers_are_those_of_the_messages_to_send(api: Any) -> None:
    system = [{"role": "system", "content": "Be brief. " * 50}]
    context = {"system": "Be kind.", "tools": [{"name": "t", "description": "Does."}]}
    await optimized(api, [*system, *LONG_TALK], **context)

    again = await optimized(api, [*system, *GROWN], **context)

    sent = await optimized(api, again["messages"], "another", **context)
    for name in ("before_tokens", "after_tokens", "target_tokens", "counting"):
        assert again[name] == sent[name]
    assert again["budget"]["parts"] == sent["budget"]["parts"]
    assert sent["compressed"] is False


async def test_what_is_measured_is_what_is_sent(api: Any, in_db: Any) -> None:
    from tracker.models import LLMSession, UsageSample

    first = await optimized(api, LONG_TALK)
    again = await optimized(api, GROWN)

    sample = await in_db(lambda: UsageSample.objects.order_by("pk").last())
    assert sample.used_tokens == again["before_tokens"]
    assert sample.message_count == len(first["messages"]) + len(MORE)
    session = await in_db(LLMSession.objects.get)
    assert session.used_tokens == again["before_tokens"]


async def test_a_later_compression_stands_for_all_that_came(
    api: Any, forget: Any
) -> None:
    await optimized(api, LONG_TALK)
    second = await optimized(api, [*LONG_TALK, *LONG_TALK], force=True)
    assert second["cut"]["message_count"] == 60
    assert second["cut"]["id"] == chain([*LONG_TALK, *LONG_TALK])[-1].hex()
    assert sum("<earlier messages=" in str(m) for m in second["messages"]) == 1
    forget()

    third = await optimized(api, [*LONG_TALK, *LONG_TALK, *MORE])

    assert third["messages"] == [*second["messages"], *MORE]


async def test_a_history_that_was_rewound_falls_back_to_the_cut_before(
    api: Any,
) -> None:
    first = await optimized(api, LONG_TALK)
    await optimized(api, [*LONG_TALK, *LONG_TALK], force=True)

    rewound = await optimized(api, GROWN)
    edited = await optimized(api, [*MORE, *LONG_TALK[:8]])

    assert rewound["messages"] == [*first["messages"], *MORE]
    assert (edited["cut"], edited["compressed"]) == (None, False)


async def test_a_client_may_send_only_what_follows_the_cut(api: Any) -> None:
    first = await optimized(api, LONG_TALK)
    whole = await optimized(api, GROWN)

    behind = await optimized(api, MORE, after=first["cut"]["id"])

    assert behind["after"] == first["cut"]["id"]
    assert behind["messages"] == MORE
    for name in ("before_tokens", "budget", "cut", "compressed"):
        assert behind[name] == whole[name]
    assert whole["after"] is None


async def test_a_compression_behind_a_cut_answers_all_messages(api: Any) -> None:
    first = await optimized(api, LONG_TALK)

    second = await optimized(api, LONG_TALK, after=first["cut"]["id"], force=True)
    third = await optimized(
        api, [*LONG_TALK, *MORE], after=first["cut"]["id"]
    )  # the client did not get the second answer

    assert (second["after"], second["cut"]["message_count"]) == (None, 60)
    assert third["after"] is None
    assert third["messages"] == [*second["messages"], *MORE]


@pytest.mark.parametrize("unknown", ["00" * 16, "", "no digest"])
async def test_an_unknown_cut_is_refused_and_nothing_stored(
    api: Any, in_db: Any, unknown: str
) -> None:
    from tracker.models import UsageSample

    await optimized(api, LONG_TALK)

    answer = await api.post(
        "/sessions/s/optimize", {"messages": MORE, "after": unknown}
    )

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "unknown_cut"
    assert answer.json()["error"]["field"] == "after"
    assert await in_db(UsageSample.objects.count) == 1


async def test_nobody_else_may_follow_a_cut(api: Any, stranger_key: str) -> None:
    first = await optimized(api, LONG_TALK)
    body = {"messages": MORE, "after": first["cut"]["id"]}

    theirs = await api.request(
        "POST", "/sessions/s/optimize", json=body, key=stranger_key
    )
    other_session = await api.post("/sessions/another/optimize", body)

    assert (theirs.status_code, other_session.status_code) == (409, 409)


@pytest.mark.parametrize("mode", ["no", "redacted"])
async def test_without_kept_messages_it_lasts_as_long_as_the_process(
    api: Any, in_db: Any, project: Any, forget: Any, mode: str
) -> None:
    from tracker.models import Compression

    project.keep_messages = mode
    await in_db(project.save)
    first = await optimized(api, LONG_TALK)
    assert first["cut"]["is_kept"] is False

    again = await optimized(api, GROWN)
    assert again["messages"] == [*first["messages"], *MORE]

    forget()
    anew = await optimized(api, GROWN)
    # Its cooldown is not over, but the whole list must not go out.
    assert (anew["compressed"], anew["skipped"]) == (True, None)
    assert len(anew["messages"]) < 12
    assert await in_db(Compression.objects.count) == 2


async def test_a_cut_is_counted_anew_when_the_policy_counts_otherwise(
    api: Any, in_db: Any
) -> None:
    from tracker.models import ConfigVersion, Policy
    from tracker.reading.policies.policy_shelf import forget_policies

    first = await optimized(api, LONG_TALK)

    def change() -> None:
        Policy.objects.create(name="by characters", counting="estimated")
        ConfigVersion.bump()
        forget_policies()

    await in_db(change)
    again = await optimized(api, GROWN)

    assert again["messages"] == [*first["messages"], *MORE]
    assert again["counting"]["name"] == "characters / 3.5"
    sent = await optimized(api, again["messages"], "another")
    assert again["before_tokens"] == sent["before_tokens"]


async def test_a_repeat_gets_the_answer_it_got_before_anything_was_known(
    api: Any,
) -> None:
    first = await optimized(api, LONG_TALK, event_id="1")
    second = await optimized(api, GROWN, event_id="2")

    again = await optimized(api, LONG_TALK, event_id="1")
    # A repeat is not reviewed once more, and its budget is the present one.
    for name in first.keys() - {"plan", "budget", "duplicate", "events"}:
        assert again[name] == first[name]
    assert again["duplicate"] is True

    again = await optimized(api, GROWN, event_id="2")
    assert again == second | {"duplicate": True, "events": []}


async def test_a_dry_run_says_what_would_be_sent(api: Any, in_db: Any) -> None:
    from tracker.models import UsageSample

    first = await optimized(api, LONG_TALK)

    body = await optimized(api, GROWN, dry_run=True)

    assert body["messages"] == [*first["messages"], *MORE]
    assert body["cut"] == first["cut"]
    assert await in_db(UsageSample.objects.count) == 1


async def test_a_large_rest_is_judged_by_a_worker(api: Any, monkeypatch: Any) -> None:
    from tracker.ingest.compressing import beginnings

    monkeypatch.setattr(beginnings, "SMALL_BYTES", 10)
    first = await optimized(api, LONG_TALK)

    again = await optimized(api, GROWN)

    assert again["messages"] == [*first["messages"], *MORE]


@pytest.mark.parametrize("form", ["gemini", "bedrock", "ai_sdk", "openai_responses"])
async def test_every_dialect_goes_on_behind_its_cut(api: Any, form: str) -> None:
    turns = [Turn(40, "", (1,), 40, True) for _ in range(12)]
    items = talk(form, turns)
    first = await optimized(api, items)

    again = await optimized(api, [*items, *talk(form, turns[:1])])

    assert first["compressed"] and again["dialect"] == form
    assert again["messages"][: len(first["messages"])] == first["messages"]
    assert again["messages"][len(first["messages"]) :] == talk(form, turns[:1])


@pytest.mark.parametrize(
    ("message", "status"),
    [({"role": "user", "parts": [{"text": "Hi"}]}, 422), ({"content": 5}, 422)],
)
async def test_a_bad_message_behind_a_cut_is_refused(
    api: Any, message: Any, status: int
) -> None:
    await optimized(api, LONG_TALK)

    answer = await api.post("/sessions/s/optimize", {"messages": [*LONG_TALK, message]})

    assert answer.status_code == status
    assert answer.json()["error"]["field"] == "messages[30]"

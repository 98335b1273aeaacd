"""POST /api/v1/sessions/{session}/optimize."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import LONG_TALK

SHORT_TALK = LONG_TALK[:4]


async def test_a_long_conversation_comes_back_shorter_and_is_recorded(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, LLMSession, UsageSample

    response = await api.post(
        "/sessions/s/optimize",
        {"messages": LONG_TALK, "system": "Be brief.", "event_id": "o1"},
    )

    assert response.status_code == 201
    body = response.json()
    assert body["compressed"] is True
    assert body["reasons"] == ["messages"]
    assert body["messages"][:2] == LONG_TALK[:2]
    assert body["messages"][-6:] == LONG_TALK[-6:]
    assert body["after_tokens"] < body["before_tokens"]
    assert body["is_target_met"] is True
    assert body["skipped"] is None
    assert body["budget"]["used_tokens"] == body["after_tokens"]
    assert body["compression"]["url"] == f"/compressions/{body['compression']['id']}/"

    def rows() -> tuple[Any, ...]:
        session = LLMSession.objects.get()
        sample = UsageSample.objects.get()
        row = Compression.objects.get()
        return (
            session.used_tokens,
            sample.used_tokens,
            sample.event_id,
            sample.origin,
            row.performed_by,
            row.text.before,
            row.text.after,
        )

    assert await in_db(rows) == (
        body["after_tokens"],
        body["before_tokens"],
        "o1",
        "optimize",
        "tracker",
        LONG_TALK,
        body["messages"],
    )


async def test_a_short_one_comes_back_unchanged_and_is_measured(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, UsageSample

    body = (await api.post("/sessions/s/optimize", {"messages": SHORT_TALK})).json()

    assert body["messages"] == SHORT_TALK
    assert (body["compressed"], body["compression"]) == (False, None)
    assert body["event_id"]
    assert await in_db(UsageSample.objects.count) == 1
    assert await in_db(Compression.objects.count) == 0


async def test_a_retry_gets_the_same_answer_and_records_nothing_more(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, UsageSample

    given = {"messages": LONG_TALK, "event_id": "o1"}
    first = await api.post("/sessions/s/optimize", given)

    second = await api.post("/sessions/s/optimize", given)

    assert (first.status_code, second.status_code) == (201, 200)
    once, again = first.json(), second.json()
    assert again["duplicate"] is True
    assert again["messages"] == once["messages"]
    assert again["compression"] == once["compression"]
    assert again["skipped"] is None
    assert again["budget"] == once["budget"]
    counts = await in_db(
        lambda: (UsageSample.objects.count(), Compression.objects.count())
    )
    assert counts == (1, 1)


async def test_a_repeat_with_another_body_records_no_compression(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, UsageSample

    await api.post("/sessions/s/optimize", {"messages": SHORT_TALK, "event_id": "o1"})

    again = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "event_id": "o1"}
    )

    assert again.json()["duplicate"] is True
    assert again.json()["compression"] is None
    assert again.json()["compressed"] is True
    assert await in_db(UsageSample.objects.count) == 1
    assert await in_db(Compression.objects.count) == 0


async def test_soon_after_a_compression_a_new_call_waits(api: Any) -> None:
    await api.post("/sessions/s/optimize", {"messages": LONG_TALK})

    body = (await api.post("/sessions/s/optimize", {"messages": LONG_TALK})).json()

    assert (body["compressed"], body["skipped"]) == (False, "cooldown")
    assert body["messages"] == LONG_TALK


async def test_force_compresses_without_a_trigger(api: Any) -> None:
    talk = LONG_TALK[:14]

    body = (
        await api.post("/sessions/s/optimize", {"messages": talk, "force": True})
    ).json()

    assert body["compressed"] is True
    assert body["trigger"] == "manual"


async def test_a_small_window_is_exceeded_and_compressed_at_once(api: Any) -> None:
    body = (
        await api.post(
            "/sessions/s/optimize", {"messages": LONG_TALK, "window_tokens": 7_000}
        )
    ).json()

    assert body["trigger"] == "exceeded"
    assert body["target_tokens"] == 1_800
    assert body["compressed"] is True
    assert body["budget"]["window_source"] == "report"
    assert [e["to_level"] for e in body["events"]][0] == "exceeded"


async def test_a_policy_that_only_advises_changes_no_message(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, ConfigVersion, Policy
    from tracker.models.policy_shelf import forget_policies

    def advise() -> None:
        Policy.objects.update_or_create(name="default", defaults={"mode": "advise"})
        ConfigVersion.bump()
        forget_policies()

    await in_db(advise)

    body = (await api.post("/sessions/s/optimize", {"messages": LONG_TALK})).json()

    assert (body["compressed"], body["skipped"]) == (False, "advise")
    assert body["messages"] == LONG_TALK
    assert body["plan"]["after_tokens"] < body["before_tokens"]
    row = await in_db(Compression.objects.get)
    assert row.is_advice is True
    assert body["compression"]["id"] == row.pk


async def test_a_policy_may_have_the_text_counted(api: Any, in_db: Any) -> None:
    from tracker.models import ConfigVersion, Policy, UsageSample
    from tracker.models.policy_shelf import forget_policies

    def count() -> None:
        Policy.objects.update_or_create(
            name="default", defaults={"counting": "counted"}
        )
        ConfigVersion.bump()
        forget_policies()

    await in_db(count)

    response = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "model": "gpt-5"}
    )

    assert response.status_code == 201
    assert response.json()["budget"]["source"] == "counted"
    assert (await in_db(UsageSample.objects.get)).source == "counted"


async def test_a_second_compression_is_rebuilt_from_the_first_ones_originals(
    api: Any,
) -> None:
    first = (await api.post("/sessions/s/optimize", {"messages": LONG_TALK})).json()
    grown = [*first["messages"], *LONG_TALK]

    second = await api.post(
        "/sessions/s/optimize", {"messages": grown, "force": True, "dry_run": True}
    )

    body = second.json()
    assert body["compressed"] is True
    lines = body["plan"]["lines"]
    assert lines and all(line["text"] for line in lines)
    assert sum("earlier messages" in str(m["content"]) for m in body["messages"]) == 1


async def test_a_dry_run_with_an_unknown_summariser_names_the_known(api: Any) -> None:
    response = await api.post(
        "/sessions/s/optimize",
        {"messages": LONG_TALK, "dry_run": True, "summariser": "nobody"},
    )

    assert response.status_code == 422
    assert response.json()["error"]["field"] == "summariser"
    assert "extractive" in response.json()["error"]["message"]


async def test_a_dry_run_stores_nothing(api: Any, in_db: Any) -> None:
    from tracker.models import LLMSession

    response = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "dry_run": True}
    )

    assert response.status_code == 200
    assert response.json()["compressed"] is True
    assert await in_db(LLMSession.objects.count) == 0


async def test_tool_calls_keep_their_results_and_blocks_their_form(api: Any) -> None:
    talk: list[dict[str, Any]] = []
    for n in range(12):
        call = {"type": "tool_use", "id": f"t{n}", "name": "read", "input": {"n": n}}
        result = {
            "type": "tool_result",
            "tool_use_id": f"t{n}",
            "content": f"line {n} " * 200,
        }
        talk += [
            {"role": "user", "content": [{"type": "text", "text": f"Read {n}"}]},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ]

    body = (await api.post("/sessions/s/optimize", {"messages": talk})).json()

    assert body["compressed"] is True
    blocks = [b for m in body["messages"] for b in m["content"] if isinstance(b, dict)]
    calls = [b["id"] for b in blocks if b["type"] == "tool_use"]
    results = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
    assert calls and sorted(calls) == sorted(results)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b'{"messages": [{"role": "user", "content": "\\udfff"}]}', 400, None),
        ({}, 422, "messages"),
        ({"messages": "hello"}, 422, "messages"),
        ({"messages": [1]}, 422, "messages[0]"),
        ({"messages": [{"content": "x"}]}, 422, "messages[0]"),
        ({"messages": [{"role": "user"}, {"role": ""}]}, 422, None),
        ({"messages": [], "window_tokens": 4_000}, 422, "window_tokens"),
        ({"messages": [], "window_tokens": 0}, 422, "window_tokens"),
        ({"messages": [], "model": "a\nb"}, 422, "model"),
        ({"messages": [], "force": "yes"}, 422, "force"),
        ({"messages": [], "event_id": ""}, 422, "event_id"),
        ({"messages": [], "temperature": 1}, 422, "temperature"),
    ],
)
async def test_bad_input_names_field_and_rule_and_stores_nothing(
    api: Any, in_db: Any, body: Any, status: int, field: str | None
) -> None:
    from tracker.models import LLMSession

    response = await api.post("/sessions/s/optimize", body)

    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["message"]
    if field is not None:
        assert error["field"] == field
    assert await in_db(LLMSession.objects.count) == 0


@pytest.mark.parametrize("name", ["a%0Ab", "%00", "x" * 256])
async def test_a_key_that_no_session_can_have_is_named(api: Any, name: str) -> None:
    response = await api.post(f"/sessions/{name}/optimize", {"messages": []})

    assert response.status_code == 422
    assert response.json()["error"]["field"] == "session"


async def test_nul_characters_in_messages_do_no_harm(api: Any) -> None:
    talk = [m | {"content": m["content"] + "\0"} for m in LONG_TALK]

    response = await api.post("/sessions/s/optimize", {"messages": talk})

    assert response.status_code == 201
    assert response.json()["compressed"] is True


async def test_others_sessions_are_not_touched(
    api: Any, report: Any, in_db: Any, stranger_key: str, refuses_bad_keys: Any
) -> None:
    from tracker.models import LLMSession

    await report("s", 5)
    body = {"messages": SHORT_TALK}

    response = await api.post("/sessions/s/optimize", body, key=stranger_key)

    assert response.status_code == 201
    used = await in_db(
        lambda: LLMSession.objects.get(project__slug="default").used_tokens
    )
    assert used == 5
    await refuses_bad_keys("POST", "/sessions/s/optimize", scope="optimize", body=body)
    assert (await api.get("/sessions/s/optimize")).status_code == 405


async def reported(api: Any, *, beyond: int, **body: Any) -> int:
    """Report LONG_TALK in session s, `beyond` tokens above its count; the count."""
    plain = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "dry_run": True} | body
    )
    counted = int(plain.json()["before_tokens"])
    usage = {"input_tokens": counted + beyond, "output_tokens": 1}
    sent = {"session": "s", "messages": LONG_TALK, "usage": usage} | body
    assert (await api.post("/usage", sent)).status_code == 201
    return counted


async def test_what_reports_hold_beyond_the_count_is_in_its_numbers(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, LLMSession, UsageSample

    model = {"model": "house-llm"}
    counted = await reported(api, beyond=170_000, **model)

    sent = {"messages": LONG_TALK, "event_id": "o", "force": True} | model
    answer = (await api.post("/sessions/s/optimize", sent)).json()

    assert answer["trigger"] == "budget"
    assert answer["compressed"] is True
    assert answer["before_tokens"] == counted + 170_000
    assert answer["after_tokens"] > 170_000
    assert answer["budget"]["parts"]["unattributed"] == 170_000
    sample = await in_db(lambda: UsageSample.objects.get(event_id="o"))
    assert (sample.used_tokens, sample.source) == (counted + 170_000, "estimated")
    assert sample.unattributed_tokens == 170_000
    row = await in_db(Compression.objects.get)
    assert (row.before_tokens, row.after_tokens) == (
        answer["before_tokens"],
        answer["after_tokens"],
    )
    session = await in_db(LLMSession.objects.get)
    assert session.used_tokens == row.after_tokens
    repeat = (await api.post("/sessions/s/optimize", sent)).json()
    assert repeat["before_tokens"] == answer["before_tokens"]


async def test_a_report_below_the_count_takes_nothing_off(api: Any, in_db: Any) -> None:
    counted = await reported(api, beyond=-500, model="house-llm")

    answer = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "model": "house-llm"}
    )

    assert answer.json()["before_tokens"] == counted


@pytest.mark.parametrize(
    ("tokenizer", "source", "reason"),
    [
        ("words", "counted", None),
        ("picky", "estimated", "failed on a text: UnicodeError"),
        ("gone", "estimated", "has no attribute 'gone'"),
    ],
)
async def test_a_worker_counts_by_a_tokenizer_of_one_s_own(
    api: Any, in_db: Any, settings: Any, tokenizer: str, source: str, reason: str | None
) -> None:
    from tracker.models import Policy, UsageSample
    from tracker.models.policy_shelf import forget_policies

    path = f"tests.house_tokenizers:{tokenizer}"
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": path}

    def count() -> None:
        Policy.objects.update_or_create(name="default", defaults={"counting": "mine"})
        forget_policies()

    await in_db(count)
    messages = [{"role": "user", "content": "unspeakable"}, *LONG_TALK[1:]]

    answer = await api.post("/sessions/s/optimize", {"messages": messages})

    assert answer.status_code == 201
    counting = answer.json()["counting"]
    assert (counting["source"], answer.json()["budget"]["source"]) == (source, source)
    assert (reason in counting["reason"]) if reason else counting["reason"] is None
    assert (await in_db(UsageSample.objects.get)).source == source

"""POST /api/v1/sessions/{session}/optimize."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import LONG_TALK, SHORT_TALK


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
    from tracker.reading.policies.policy_shelf import forget_policies

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

"""POST /api/v1/usage: one report, an array, NDJSON."""

from __future__ import annotations

from typing import Any

import pytest

REPORT = {"session": "chat-42", "event_id": "req_01", "tokens": {"history": 163_072}}


async def test_a_report_is_stored_judged_and_answered(api: Any, in_db: Any) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    response = await api.post(
        "/usage",
        REPORT
        | {
            "tokens": {
                "system": 2000,
                "history": 157_172,
                "user_context": 3000,
                "tools": 900,
            }
        },
    )

    assert response.status_code == 201
    body = response.json()
    assert body["budget"]["level"] == "warning"
    assert body["budget"]["used_ratio"] == 0.832
    assert body["budget"]["warning"] == (
        "83.2 % of 196,000 available tokens used; 3,528 more until automatic "
        "compression at 85 %."
    )
    assert [e["to_level"] for e in body["events"]] == ["warning"]

    def rows() -> tuple[Any, ...]:
        session = LLMSession.objects.get()
        return (
            session.key,
            session.level,
            session.sample_count,
            UsageSample.objects.get().history_tokens,
            ThresholdEvent.objects.get().to_level,
            session.project.warning_count,
        )

    assert await in_db(rows) == ("chat-42", "warning", 1, 157_172, "warning", 1)


async def test_posting_the_same_report_twice_changes_nothing(
    api: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    first = await api.post("/usage", REPORT)
    second = await api.post("/usage", REPORT | {"tokens": {"history": 5}})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["duplicate"] is True
    assert second.json()["events"] == []
    assert second.json()["budget"] == first.json()["budget"]
    counts = await in_db(
        lambda: (
            UsageSample.objects.count(),
            ThresholdEvent.objects.count(),
            LLMSession.objects.get().sample_count,
        )
    )
    assert counts == (1, 1, 1)


@pytest.mark.parametrize(
    ("used", "level", "action", "events"),
    [
        (0, "ok", "none", 0),
        (156_799, "ok", "none", 0),
        (156_800, "warning", "warn", 1),
        (166_599, "warning", "warn", 1),
        (166_600, "compress", "compress", 1),
        (186_199, "compress", "compress", 1),
        (186_200, "critical", "force_compress", 1),
        (196_000, "critical", "force_compress", 1),
        (196_001, "exceeded", "compress_now", 1),
    ],
)
async def test_each_edge_gives_its_level_action_and_events(
    api: Any, used: int, level: str, action: str, events: int
) -> None:
    response = await api.post(
        "/usage", {"session": "edge", "tokens": {"history": used}}
    )

    budget = response.json()["budget"]
    assert (budget["level"], budget["action"]) == (level, action)
    assert len(response.json()["events"]) == events


async def test_a_late_report_takes_its_place_and_leaves_the_present(
    api: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    now = {"session": "s", "at": "2026-11-22T10:00:00Z", "tokens": {"history": 10}}
    late = {
        "session": "s",
        "at": "2026-11-22T09:00:00Z",
        "tokens": {"history": 190_000},
    }
    await api.post("/usage", now)

    response = await api.post("/usage", late)

    assert response.status_code == 201
    assert response.json()["late"] is True

    def state() -> tuple[Any, ...]:
        session = LLMSession.objects.get()
        samples = UsageSample.objects.order_by("at").values_list(
            "used_tokens", "is_late"
        )
        return session.used_tokens, list(samples), ThresholdEvent.objects.count()

    assert await in_db(state) == (10, [(190_000, True), (10, False)], 0)


async def test_a_clock_far_ahead_is_stored_at_receipt(api: Any, in_db: Any) -> None:
    from tracker.models import UsageSample

    await api.post(
        "/usage",
        {"session": "s", "at": "2999-01-01T00:00:00Z", "tokens": {"history": 1}},
    )

    sample = await in_db(UsageSample.objects.get)
    assert sample.is_clock_skewed
    assert sample.at.year < 2999


async def test_usage_of_anthropic_counts_the_cache_in(api: Any) -> None:
    response = await api.post(
        "/usage",
        {
            "session": "chat-43",
            "model": "claude-sonnet-4-5",
            "usage": {
                "input_tokens": 5190,
                "cache_read_input_tokens": 20436,
                "cache_creation_input_tokens": 46714,
                "output_tokens": 29,
            },
        },
    )

    budget = response.json()["budget"]
    assert budget["used_tokens"] == 72_340
    assert budget["source"] == "reported"
    assert budget["parts"]["unattributed"] == 72_340


async def test_a_batch_stores_the_good_ones_and_names_the_bad(
    api: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    batch = [
        {"session": "a", "event_id": "1", "tokens": {"history": 1}},
        {"session": "a", "tokens": {"system": -1}},
        {"session": "b", "tokens": {"history": 2}},
        {"session": "a", "event_id": "1", "tokens": {"history": 9}},
    ]

    response = await api.post("/usage", batch)

    assert response.status_code == 200
    body = response.json()
    assert (body["accepted"], body["duplicates"]) == (2, 1)
    assert body["rejected"] == [
        {
            "index": 1,
            "field": "tokens.system",
            "error": "must be an integer ≥ 0",
            "status": 422,
        }
    ]
    assert await in_db(UsageSample.objects.count) == 2


async def test_ndjson_is_a_batch_of_lines(api: Any) -> None:
    lines = b'{"session":"a","tokens":{"history":1}}\n\n{"session":"b","tokens":{}}\n{'

    response = await api.post(
        "/usage", lines, headers={"Content-Type": "application/x-ndjson"}
    )

    assert response.json()["accepted"] == 2
    assert response.json()["rejected"][0]["index"] == 2


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b'{"session": "\\ud800", "tokens": {}}', 400, None),
        (b'{"session": "a", "tokens": {"history": NaN}}', 400, None),
        (b"[" * 100_000, 400, None),
        ({"tokens": {}}, 422, "session"),
        ({"session": "", "tokens": {}}, 422, "session"),
        ({"session": "a\nb", "tokens": {}}, 422, "session"),
        ({"session": "a" * 256, "tokens": {}}, 422, "session"),
        ({"session": "a"}, 422, "tokens"),
        ({"session": "a", "tokens": {"history": -1}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"history": 1.5}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"history": True}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"history": 10**12 + 1}}, 422, "tokens.history"),
        ({"session": "a", "tokens": {"output": 1}}, 422, "tokens.output"),
        ({"session": "a", "tokens": {}, "colour": 1}, 422, "colour"),
        ({"session": "a", "tokens": {}, "at": "yesterday"}, 422, "at"),
        ({"session": "a", "tokens": {}, "at": "2026-11-22T10:00:00"}, 422, "at"),
        ({"session": "a", "tokens": {}, "at": "0001-01-01T00:00:00+14:00"}, 422, "at"),
        ({"session": "a", "usage": {"input_tokens": -1}}, 422, "usage.input_tokens"),
        ({"session": "a", "usage": {}}, 422, "usage"),
        ({"session": "a", "tokens": {}, "window_tokens": 0}, 422, "window_tokens"),
        ({"session": "a", "tokens": {}, "window_tokens": 4000}, 422, "window_tokens"),
        (
            {"session": "a", "tokens": {}, "metadata": {"k": "x" * 9000}},
            422,
            "metadata",
        ),
        ({"session": "a", "messages": [1]}, 422, "messages[0]"),
        ([], 422, None),
        ("text", 422, None),
    ],
)
async def test_bad_input_names_field_and_rule_and_stores_nothing(
    api: Any, in_db: Any, body: Any, status: int, field: str | None
) -> None:
    from tracker.models import LLMSession, UsageSample

    response = await api.post("/usage", body)

    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["field"] == field
    assert error["message"]
    stored = await in_db(
        lambda: LLMSession.objects.count() + UsageSample.objects.count()
    )
    assert stored == 0


async def test_too_large_a_body_is_refused_before_it_is_read(
    api: Any, settings: Any
) -> None:
    settings.USAGE_BODY_BYTES = 1024 * 1024

    response = await api.post("/usage", b" " * (1024 * 1024 + 1))

    assert response.status_code == 413
    assert "1 MiB" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("given", "status"), [("", 401), ("tb_wrong", 401), ("nonsense", 401)]
)
async def test_without_a_good_key_nothing_is_taken(
    api: Any, in_db: Any, given: str, status: int
) -> None:
    from tracker.models import UsageSample

    response = await api.post("/usage", REPORT, key=given)

    assert response.status_code == status
    assert await in_db(UsageSample.objects.count) == 0


async def test_a_key_without_the_scope_is_refused(api: Any, in_db: Any) -> None:
    from tracker.ingest.api_keys import create_api_key
    from tracker.models import Project, UsageSample

    read_only = await in_db(
        lambda: create_api_key(
            project=Project.objects.get(), name="reader", scopes=["read"]
        )[1]
    )

    response = await api.post("/usage", REPORT, key=read_only)

    assert response.status_code == 403
    assert await in_db(UsageSample.objects.count) == 0


async def test_a_revoked_key_is_refused_at_the_next_write(api: Any, in_db: Any) -> None:
    from tracker.ingest.api_keys import revoke_api_key
    from tracker.models import ApiKey, UsageSample

    assert (await api.post("/usage", REPORT)).status_code == 201
    await in_db(lambda: revoke_api_key(ApiKey.objects.get()))

    response = await api.post("/usage", REPORT | {"event_id": "req_02"})

    assert response.status_code == 401
    assert await in_db(UsageSample.objects.count) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"session": "s", "system": "words"}',
        b'{"session": "s", "system"\n:  "words"}',
        b'{"session": "s", "user_context": "words"}',
        b'{"session": "s", "\\u0073ystem": "words"}',
    ],
)
async def test_text_is_counted_however_its_name_is_written(
    api: Any, body: bytes
) -> None:
    from tracker.models.policy_shelf import forget_policies

    await api.post("/usage", {"session": "s", "tokens": {"history": 1}})
    forget_policies()  # so that counting must ask the store

    answer = await api.post("/usage", body)

    assert answer.status_code == 201, answer.text
    assert answer.json()["budget"]["used_tokens"] > 0

"""GET /api/v1/sessions/{session}/usage."""

from __future__ import annotations

from typing import Any

import pytest


def minute(n: int) -> str:
    return f"2026-11-22T{10 + n // 60:02}:{n % 60:02}:00Z"


async def fill(api: Any, used: list[int], session: str = "s") -> None:
    batch = [
        {
            "session": session,
            "event_id": f"e{n}",
            "at": minute(n),
            "tokens": {"history": u},
        }
        for n, u in enumerate(used)
    ]
    assert (await api.post("/usage", batch)).json()["accepted"] == len(used)


async def test_every_sample_comes_oldest_first_with_its_own_judgement(
    api: Any, report: Any
) -> None:
    await report(
        "s",
        0,
        at=minute(1),
        event_id="second",
        model="claude-sonnet-4-5",
        usage={
            "input_tokens": 10,
            "cache_read_input_tokens": 170_000,
            "cache_creation_input_tokens": 5,
            "output_tokens": 7,
        },
        tokens={"system": 15, "history": 160_000},
        message_count=3,
    )
    await report("s", 50, at=minute(0), event_id="first")

    body = (await api.get("/sessions/s/usage")).json()

    assert (body["sample_count"], body["is_downsampled"]) == (2, False)
    first, second = body["results"]
    assert (first["event_id"], first["late"], first["level"]) == ("first", True, "ok")
    assert second["event_id"] == "second"
    assert second["at"] == minute(1)
    assert second["used_tokens"] == 170_015
    assert second["parts"] == {
        "system": 15,
        "history": 160_000,
        "user_context": 0,
        "tools": 0,
        "unattributed": 10_000,
    }
    assert (second["input_tokens"], second["output_tokens"]) == (170_015, 7)
    assert (second["cache_read_tokens"], second["cache_creation_tokens"]) == (
        170_000,
        5,
    )
    assert (second["source"], second["level"], second["lane"]) == (
        "reported",
        "compress",
        "main",
    )
    assert second["message_count"] == 3


async def test_since_is_inside_and_until_is_outside(api: Any) -> None:
    await fill(api, [1, 2, 3, 4])

    body = (
        await api.get(f"/sessions/s/usage?since={minute(1)}&until={minute(3)}")
    ).json()

    assert [s["used_tokens"] for s in body["results"]] == [2, 3]
    assert body["sample_count"] == 2


async def test_a_zone_given_with_a_plus_sign_is_understood(api: Any) -> None:
    await fill(api, [1, 2])

    body = (await api.get("/sessions/s/usage?since=2026-11-22T12:01:00+02:00")).json()

    assert [s["used_tokens"] for s in body["results"]] == [2]


async def test_too_many_samples_are_thinned_and_peaks_stay(api: Any) -> None:
    used = [100] * 200
    used[77] = 190_000
    used[133] = 0
    await fill(api, used)

    body = (await api.get("/sessions/s/usage?max_points=20")).json()

    shown = [s["used_tokens"] for s in body["results"]]
    assert body["is_downsampled"] is True
    assert body["sample_count"] == 200
    assert len(shown) <= 20
    assert {190_000, 0} <= set(shown)
    assert [s["at"] for s in body["results"]] == sorted(
        s["at"] for s in body["results"]
    )


async def test_as_many_points_as_samples_means_every_sample(api: Any) -> None:
    await fill(api, list(range(30)))

    body = (await api.get("/sessions/s/usage?max_points=30")).json()

    assert [s["used_tokens"] for s in body["results"]] == list(range(30))
    assert body["is_downsampled"] is False


async def test_a_sample_that_is_pruned_meanwhile_is_left_out(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.api.sessions import usage_history
    from tracker.models import UsageSample

    await fill(api, [1, 2, 3])
    kept_points = usage_history.kept_points

    def prune_and_keep(*args: Any, **options: Any) -> list[int]:
        UsageSample.objects.filter(used_tokens=1).delete()
        return kept_points(*args, **options)

    monkeypatch.setattr(usage_history, "kept_points", prune_and_keep)
    response = await api.get("/sessions/s/usage")

    assert response.status_code == 200, response.text
    assert [s["used_tokens"] for s in response.json()["results"]] == [2, 3]


async def test_a_lane_has_its_own_history(api: Any, report: Any) -> None:
    await report("s", 1)
    await report("s", 2, lane="helper")

    main = (await api.get("/sessions/s/usage")).json()
    helper = (await api.get("/sessions/s/usage?lane=helper")).json()
    nobody = (await api.get("/sessions/s/usage?lane=nobody")).json()

    assert [s["used_tokens"] for s in main["results"]] == [1]
    assert [s["used_tokens"] for s in helper["results"]] == [2]
    assert nobody["results"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("max_points=1", "max_points"),
        ("max_points=10001", "max_points"),
        ("max_points=all", "max_points"),
        ("since=yesterday", "since"),
        ("since=2026-11-22", "since"),
        ("since=2026-11-22T10:00:00", "since"),
        ("until=2026-13-99T10:00:00Z", "until"),
        ("until=0001-01-01T00:00:00%2B14:00", "until"),
        ("lane=%00", "lane"),
        ("limit=5", "limit"),
    ],
)
async def test_a_bad_parameter_is_named(
    api: Any, report: Any, query: str, field: str
) -> None:
    await report("s", 1)

    response = await api.get(f"/sessions/s/usage?{query}")

    assert response.status_code == 422, response.text
    assert response.json()["error"]["field"] == field


async def test_it_is_missing_for_others_and_shut_without_a_key(
    api: Any, report: Any, stranger_key: str, refuses_bad_keys: Any
) -> None:
    await report("s", 1)

    assert (await api.get("/sessions/s/usage", key=stranger_key)).status_code == 404
    assert (await api.get("/sessions/none/usage")).status_code == 404
    await refuses_bad_keys("GET", "/sessions/s/usage", scope="read")

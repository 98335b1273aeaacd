"""Compressions: recorded by clients, listed, read, reviewed."""

from __future__ import annotations

from typing import Any

import pytest

BEFORE = [
    {"role": "user", "content": "Fix /srv/app/main.py, it fails with E1042. " * 5},
    {"role": "assistant", "content": "Done: port 8080 is used now. " * 5},
    {"role": "user", "content": "Thanks, go on."},
]
AFTER = [
    {"role": "user", "content": "Summary: /srv/app/main.py failed with E1042."},
    {"role": "user", "content": "Thanks, go on."},
]
NUMBERS = {
    "event_id": "c1",
    "before_tokens": 180_000,
    "after_tokens": 40_000,
    "target_tokens": 117_600,
    "trigger": "auto",
    "summary": "We fixed the port.",
}


async def test_messages_are_counted_reviewed_and_kept(api: Any, in_db: Any) -> None:
    from tracker.models import Compression, CompressionText

    response = await api.post(
        "/sessions/s/compressions",
        {"before": BEFORE, "after": AFTER, "strategy": "mine"},
    )

    assert response.status_code == 201
    found = response.json()["compression"]
    assert found["before_tokens"] > found["after_tokens"] > 0
    assert found["saved_tokens"] == found["before_tokens"] - found["after_tokens"]
    assert (found["performed_by"], found["strategy"]) == ("client", "mine")
    assert (found["before_message_count"], found["after_message_count"]) == (3, 2)
    assert 0 < found["score"] < 1
    assert found["facts_kept"] >= 1
    assert found["review"] == "pending"
    detail = (await api.get(f"/compressions/{found['id']}")).json()
    assert (detail["before"], detail["after"]) == (BEFORE, AFTER)
    assert [fate["fate"] for fate in detail["fates"]][-1] == "kept"
    assert any(fact["text"] == "E1042" for fact in detail["facts"])

    def rows() -> tuple[Any, ...]:
        row = Compression.objects.select_related("session").get()
        text = CompressionText.objects.get()
        return row.session.compression_count, row.session.used_tokens, text.before

    assert await in_db(rows) == (1, found["after_tokens"], BEFORE)


async def test_numbers_alone_suffice_and_set_the_gauge(
    api: Any, report: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession, UsageSample

    await report("s", 180_000)

    body = (await api.post("/sessions/s/compressions", NUMBERS)).json()

    assert body["budget"]["used_tokens"] == 40_000
    assert body["budget"]["level"] == "ok"
    assert [e["to_level"] for e in body["events"]] == ["ok"]
    found = body["compression"]
    assert (found["saved_tokens"], found["saved_ratio"]) == (140_000, 0.777778)
    assert (found["is_target_met"], found["score"]) == (True, None)
    assert found["summary"] == "We fixed the port."

    def state() -> tuple[Any, ...]:
        session = LLMSession.objects.get()
        return session.used_tokens, session.saved_tokens, UsageSample.objects.count()

    assert await in_db(state) == (40_000, 140_000, 1)


async def test_a_repeat_answers_what_is_stored_and_changes_nothing(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, LLMSession, ThresholdEvent

    first = await api.post("/sessions/s/compressions", NUMBERS)

    second = await api.post(
        "/sessions/s/compressions",
        NUMBERS | {"after_tokens": 199_000, "summary": "Something else."},
    )

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["duplicate"] is True
    assert second.json()["events"] == []
    assert second.json()["compression"] == first.json()["compression"]
    counts = await in_db(
        lambda: (
            Compression.objects.count(),
            LLMSession.objects.get().compression_count,
            ThresholdEvent.objects.count(),
        )
    )
    assert counts == (1, 1, 0)


async def test_a_repeat_of_one_that_is_gone_says_that_it_is_known(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression

    await api.post("/sessions/s/compressions", NUMBERS)
    await in_db(Compression.objects.all().delete)

    response = await api.post("/sessions/s/compressions", NUMBERS)

    assert response.status_code == 200, response.text
    assert response.json()["duplicate"] is True
    assert response.json()["compression"] is None


async def test_the_same_id_may_name_a_usage_report_too(api: Any, report: Any) -> None:
    await report("s", 5, event_id="c1")

    assert (await api.post("/sessions/s/compressions", NUMBERS)).status_code == 201


async def test_a_project_that_keeps_no_messages_keeps_the_numbers(
    api: Any, in_db: Any
) -> None:
    from tracker.models import CompressionText, Project

    await in_db(lambda: Project.objects.update(keep_messages="no"))

    made = await api.post(
        "/sessions/s/compressions",
        {"before": BEFORE, "after": AFTER, "summary": "Private."},
    )
    detail = await api.get(f"/compressions/{made.json()['compression']['id']}")

    assert made.json()["compression"]["summary"] == ""
    assert detail.json()["before"] is None
    assert detail.json()["score"] is not None
    assert "Private" not in detail.text
    assert await in_db(CompressionText.objects.count) == 0


async def test_messages_of_no_known_shape_are_kept_where_numbers_are_given(
    api: Any,
) -> None:
    odd = [{"kind": "checkpoint", "n": 1}]

    made = await api.post("/sessions/s/compressions", NUMBERS | {"before": odd})

    assert made.status_code == 201
    assert made.json()["compression"]["score"] is None


async def test_nul_characters_in_messages_do_no_harm(api: Any) -> None:
    body = {
        "before": [{"role": "user", "content": "a\0b"}],
        "after": [{"role": "user", "content": "\0"}],
        "summary": "x\0y",
    }

    made = await api.post("/sessions/s/compressions", body)

    assert made.status_code == 201
    assert made.json()["compression"]["summary"] == "xy"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b'{"summary": "\\ud800", "before_tokens": 1, "after_tokens": 1}', 400, None),
        ({}, 422, "before_tokens"),
        ({"before_tokens": 5}, 422, "after_tokens"),
        ({"before_tokens": -5, "after_tokens": 1}, 422, "before_tokens"),
        ({"before_tokens": 10**13, "after_tokens": 1}, 422, "before_tokens"),
        (NUMBERS | {"trigger": "whim"}, 422, "trigger"),
        (NUMBERS | {"colour": 1}, 422, "colour"),
        (NUMBERS | {"at": "2026-11-22"}, 422, "at"),
        (NUMBERS | {"strategy": "x" * 65}, 422, "strategy"),
        (NUMBERS | {"strategy": "by\u001b[2J hand"}, 422, "strategy"),
        (NUMBERS | {"lane": ""}, 422, "lane"),
        (NUMBERS | {"metadata": {"a": "x" * 9_000}}, 422, "metadata"),
        ({"before": [1], "after": []}, 422, "before[0]"),
        ({"before": [{"role": 1}], "after": []}, 422, "before[0]"),
        ({"before": "text", "after": []}, 422, "before"),
        ([], 422, None),
    ],
)
async def test_bad_input_names_field_and_rule_and_stores_nothing(
    api: Any, in_db: Any, body: Any, status: int, field: str | None
) -> None:
    from tracker.models import Compression, LLMSession

    response = await api.post("/sessions/s/compressions", body)

    assert response.status_code == status, response.text
    assert response.json()["error"]["field"] == field
    assert response.json()["error"]["message"]
    counts = await in_db(
        lambda: LLMSession.objects.count() + Compression.objects.count()
    )
    assert counts == 0


@pytest.mark.parametrize("name", ["a%0Ab", "%00", "x" * 256])
async def test_a_key_that_no_session_can_have_is_named(api: Any, name: str) -> None:
    response = await api.post(f"/sessions/{name}/compressions", NUMBERS)

    assert response.status_code == 422
    assert response.json()["error"]["field"] == "session"


async def test_lists_narrow_by_session_review_and_trigger(api: Any) -> None:
    for session, trigger in (("a", "auto"), ("b", "manual"), ("b", "auto")):
        body = NUMBERS | {"event_id": None, "trigger": trigger}
        await api.post(f"/sessions/{session}/compressions", body)
    newest = (await api.get("/compressions?limit=1")).json()["results"][0]
    await api.post(f"/compressions/{newest['id']}/review", {"review": "accepted"})

    async def sessions(query: str) -> list[str]:
        body = (await api.get(query)).json()
        return [c["session"] for c in body["results"]]

    assert await sessions("/compressions") == ["b", "b", "a"]
    assert await sessions("/compressions?session=a") == ["a"]
    assert await sessions("/compressions?review=pending") == ["b", "a"]
    assert await sessions("/compressions?trigger=manual") == ["b"]
    assert await sessions("/sessions/b/compressions") == ["b", "b"]


async def test_paging_yields_each_compression_once(api: Any) -> None:
    for n in range(5):
        body = NUMBERS | {"event_id": f"c{n}", "at": "2026-11-22T10:00:00Z"}
        await api.post("/sessions/s/compressions", body)
    seen: list[int] = []
    cursor = ""

    while cursor is not None:
        page = (await api.get(f"/compressions?limit=2&cursor={cursor}")).json()
        seen += [c["id"] for c in page["results"]]
        cursor = page["next"]

    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/compressions?review=maybe", "review"),
        ("/compressions?trigger=whim", "trigger"),
        ("/compressions?cursor=x", "cursor"),
        ("/compressions?limit=0", "limit"),
        ("/compressions?session=%00", "session"),
        ("/compressions?page=2", "page"),
        ("/sessions/s/compressions?review=pending", "review"),
    ],
)
async def test_a_bad_parameter_is_named(
    api: Any, report: Any, path: str, field: str
) -> None:
    await report("s", 1)

    response = await api.get(path)

    assert response.status_code == 422
    assert response.json()["error"]["field"] == field


@pytest.mark.parametrize("pk", ["999", "9" * 30, "9" * 5_000, "x", "-1", "1.5"])
async def test_an_unknown_compression_is_missing(api: Any, pk: str) -> None:
    assert (await api.get(f"/compressions/{pk}")).status_code == 404
    reviewed = await api.post(f"/compressions/{pk}/review", {"review": "accepted"})
    assert reviewed.status_code in (404, 405)


async def test_others_see_and_change_nothing(
    api: Any, in_db: Any, stranger_key: str, refuses_bad_keys: Any
) -> None:
    from tracker.models import Compression, LLMSession

    made = (await api.post("/sessions/s/compressions", NUMBERS)).json()
    address = f"/compressions/{made['compression']['id']}"
    verdict = {"review": "flagged"}

    listed = await api.get("/compressions", key=stranger_key)
    read = await api.get(address, key=stranger_key)
    below = await api.get("/sessions/s/compressions", key=stranger_key)
    judged = await api.post(address + "/review", verdict, key=stranger_key)
    recorded = await api.post("/sessions/s/compressions", NUMBERS, key=stranger_key)

    assert listed.json()["results"] == []
    assert read.status_code == below.status_code == judged.status_code == 404
    assert recorded.status_code == 201  # a session of that name, in their own project
    sessions = await in_db(
        lambda: list(LLMSession.objects.values_list("project__slug", flat=True))
    )
    assert sorted(sessions) == ["default", "other"]
    assert await in_db(lambda: {c.review for c in Compression.objects.all()}) == {
        "pending"
    }
    await refuses_bad_keys("GET", "/compressions", scope="read")
    await refuses_bad_keys("GET", address, scope="read")
    await refuses_bad_keys("GET", "/sessions/s/compressions", scope="read")
    await refuses_bad_keys(
        "POST", "/sessions/s/compressions", scope="ingest", body=NUMBERS
    )
    await refuses_bad_keys("POST", address + "/review", scope="optimize", body=verdict)

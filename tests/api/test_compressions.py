"""Compressions that clients record: counted, repeated, kept."""

from __future__ import annotations

from typing import Any

from tests.api.intake.request_bodies import NUMBERS

BEFORE = [
    {"role": "user", "content": "Fix /srv/app/main.py, it fails with E1042. " * 5},
    {"role": "assistant", "content": "Done: port 8080 is used now. " * 5},
    {"role": "user", "content": "Thanks, go on."},
]
AFTER = [
    {"role": "user", "content": "Summary: /srv/app/main.py failed with E1042."},
    {"role": "user", "content": "Thanks, go on."},
]


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


async def test_messages_of_another_dialect_are_counted_whole(api: Any) -> None:
    """Gemini's contents have no `content`: read as they are, each weighed 4 tokens."""
    before = [{"role": "user", "parts": [{"text": "The gate is open. " * 700}]}]

    answer = await api.post(
        "/sessions/s/compressions", {"before": before, "after": AFTER}
    )

    assert answer.status_code == 201
    assert answer.json()["compression"]["before_tokens"] >= 3_000
    assert answer.json()["dialect"] == "gemini"
    detail = await api.get(f"/compressions/{answer.json()['compression']['id']}")
    assert "The gate is open." in detail.json()["before"][0]["content"][0]["text"]


async def test_an_unknown_block_of_uncounted_messages_is_named(api: Any) -> None:
    before = [{"role": "user", "content": [{"type": "hologram"}]}]

    refused = await api.post(
        "/sessions/s/compressions", {"before": before, "after": AFTER}
    )
    counted = await api.post(
        "/sessions/s/compressions",
        {"before": before, "before_tokens": 900, "after": AFTER},
    )

    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "before[0]"
    assert counted.status_code == 201


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


async def test_the_inbox_asks_only_about_those_that_say_what_they_lost(
    api: Any, in_db: Any
) -> None:
    from tracker.models.compressions import NUMBERS_ONLY, WAITING, Compression

    await api.post("/sessions/s/compressions", NUMBERS)
    await api.post("/sessions/s/compressions", {"before": BEFORE, "after": AFTER})

    def unscored(which: Any) -> list[bool]:
        return [row.score is None for row in Compression.objects.filter(which)]

    assert await in_db(lambda: unscored(WAITING)) == [False]
    assert await in_db(lambda: unscored(NUMBERS_ONLY)) == [True]
    listed = (await api.get("/compressions?review=pending")).json()["results"]
    assert len(listed) == 2  # the API's `review` is a person's verdict alone


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

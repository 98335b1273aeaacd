"""What the integrations page counts of telemetry: taken, known, refused, why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.intake.telemetry import CALL, UNNAMED, activity_row, send
from tests.sources.otlp.bodies import span, traces


async def test_what_is_not_understood_is_counted_with_its_reason(
    api: Any, in_db: Any
) -> None:
    from tracker.ingest.door.source_activity import activity
    from tracker.models import SourceActivity

    await send(
        api, "/v1/traces", traces(span(1, {"http.method": "GET"}), span(2, CALL))
    )

    def rows() -> list[tuple[str, int, dict[str, int]]]:
        activity.write()
        found = SourceActivity.objects.all()
        return [(a.source, a.report_count, a.ignored) for a in found]

    assert await in_db(rows) == [("otlp_traces", 1, {"no_usage": 1})]


async def test_a_retry_and_a_twin_are_counted_as_known_already(
    api: Any, in_db: Any
) -> None:
    from tracker.ingest.door.source_activity import activity
    from tracker.models import SourceActivity

    await send(api, "/v1/traces", traces(span(1, CALL, scope="one")))
    await send(api, "/v1/traces", traces(span(1, CALL, scope="one")))
    await send(api, "/v1/traces", traces(span(2, UNNAMED, scope="two")))

    def row() -> tuple[int, int, int]:
        activity.write()
        found = SourceActivity.objects.get()
        return found.report_count, found.twin_count, found.rejected_count

    assert await in_db(row) == (1, 2, 0)


@pytest.mark.parametrize(
    ("path", "source", "headers", "reason"),
    [
        ("/v1/traces", "otlp_traces", {}, "protobuf"),
        ("/v1/logs", "otlp_logs", {"Content-Type": "application/json"}, "JSON"),
        ("/v1/metrics", "otlp_metrics", {"Content-Encoding": "gzip"}, "gzip"),
        ("/api/v1/sources/litellm", "litellm", {}, "JSON"),
    ],
)
async def test_a_body_refused_as_a_whole_is_counted_with_its_reason(
    api: Any, in_db: Any, path: str, source: str, headers: dict[str, str], reason: str
) -> None:
    for _ in range(2):
        headers = headers | {"User-Agent": "exporter/1"}
        assert (await send(api, path, b"\xff\xff", **headers)).status_code == 400

    row = await in_db(activity_row)
    assert (row.source, row.client, row.report_count) == (source, "exporter/1", 0)
    assert row.rejected_count == 2
    assert reason in row.last_error


async def test_a_body_beyond_the_keys_rate_is_counted_with_its_reason(
    api: Any, key_with: Any, in_db: Any
) -> None:
    slow = {
        "Authorization": f"Bearer {await key_with('ingest', rate_limit_per_minute=1)}"
    }
    other = CALL | {"gen_ai.response.id": "chatcmpl-2"}

    first = await send(api, "/v1/traces", traces(span(1, CALL)), **slow)
    second = await send(api, "/v1/traces", traces(span(2, other)), **slow)

    assert (first.status_code, second.status_code) == (200, 429)
    row = await in_db(activity_row)
    assert (row.report_count, row.rejected_count) == (1, 1)
    assert "1 reports a minute" in row.last_error


async def test_a_reason_that_quotes_a_client_is_kept_in_part(
    api: Any, in_db: Any
) -> None:
    kind = "text/" + "x" * 5_000
    refused = await send(api, "/v1/traces", b"\xff", **{"Content-Type": kind})

    assert refused.status_code == 415
    row = await in_db(activity_row)
    assert row.last_error.startswith("content type 'text/xxx")
    assert len(row.last_error) == 500


async def test_who_is_not_let_in_is_not_counted(api: Any, in_db: Any) -> None:
    from tracker.ingest.door.source_activity import activity
    from tracker.models import SourceActivity

    await send(api, "/v1/traces", b"\xff", Authorization="Bearer tb_wrong")

    await in_db(activity.write)
    assert not await in_db(SourceActivity.objects.exists)

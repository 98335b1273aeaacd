"""/metrics: what Prometheus is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families


async def scrape(api: Any, **options: Any) -> dict[str, float]:
    answer = await api.client.get("/metrics", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        sample.name
        + "".join(f"|{k}={v}" for k, v in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


SAID = [{"role": "user", "content": "The gate is open."}]


async def test_reports_commits_queue_and_levels_are_told(api: Any) -> None:
    before = await scrape(api)
    stored = "token_budget_reports_total|outcome=stored"
    repeat = "token_budget_reports_total|outcome=duplicate"
    body = {"session": "s", "event_id": "e", "tokens": {"history": 163_000}}

    for _ in range(2):
        await api.post("/usage", body)
    await api.post("/sessions/s/compressions", {"before_tokens": 9, "after_tokens": 5})
    await api.post("/sessions/s/compressions", {"before": SAID * 3, "after": SAID})
    after = await scrape(api)

    assert after[stored] - before.get(stored, 0) == 3
    assert after[repeat] - before.get(repeat, 0) == 1
    assert after["token_budget_commit_seconds_count"] >= 3
    assert after["token_budget_queue_reports"] == 0
    assert after["token_budget_writer_up"] == after["token_budget_store_up"] == 1
    assert after["token_budget_sockets"] == 0
    assert after["token_budget_sessions|level=ok|project=default"] == 1
    assert after["token_budget_compressions_pending|project=default"] == 1


async def test_a_key_sees_its_project_and_no_process(api: Any, key: str) -> None:
    found = await scrape(api, headers={"Authorization": f"Bearer {key}"})

    assert "token_budget_sessions|level=ok|project=default" in found
    assert not any("commit" in name or "queue" in name for name in found)


async def test_other_methods_are_refused(api: Any) -> None:
    assert (await api.client.post("/metrics")).status_code == 405


async def test_a_store_that_is_away_is_told_and_no_error(
    api: Any, monkeypatch: Any
) -> None:
    from django.db import OperationalError

    from tracker.api.operating import metrics

    def gone(project: Any) -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "_pending", gone)

    assert (await scrape(api))["token_budget_store_up"] == 0


async def test_every_alert_speaks_of_a_number_that_is_told(api: Any) -> None:
    import re

    rules = Path(__file__).parents[3] / "docs" / "alerts.yml"
    spoken = set(re.findall(r"token_budget_\w+", rules.read_text()))
    answer = await api.client.get("/metrics")
    told = set(re.findall(r"^token_budget_\w+", answer.text, re.MULTILINE))
    told |= set(re.findall(r"^# TYPE (token_budget_\w+)", answer.text, re.MULTILINE))

    assert spoken and spoken - told == set()


async def test_what_is_used_of_a_plan_is_told(api: Any) -> None:
    limits = {"seven_day": {"used_percentage": 41}}
    body = {"session": "s", "tokens": {"history": 9}, "rate_limits": limits}
    await api.post("/usage", body)

    told = await scrape(api)

    labels = "client=claude_code|project=default|window=week"
    assert told[f"token_budget_plan_used_ratio|{labels}"] == 0.41
    assert f"token_budget_plan_resets_timestamp_seconds|{labels}" not in told

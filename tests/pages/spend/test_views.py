"""The page of what sessions cost, and its CSV."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from tracker.models import UsageSample


@pytest.fixture
def spent(make_session: Any) -> Any:
    """`spent("key", input=…)`: a session with one priced request, a minute ago."""

    def make(key: str, model: str = "claude-opus-4-5", **fields: Any) -> Any:
        session = make_session(key, model=model, **fields)
        UsageSample.objects.filter(session=session).update(
            model=model, source="reported", input_tokens=100_000, output_tokens=1_000,
            cache_read_tokens=80_000, cache_creation_tokens=10_000,
        )  # fmt: skip
        return session

    return make


def test_without_requests_it_says_what_is_needed(member: Any) -> None:
    text = member.get("/spend/").content.decode()

    assert "Nothing spent" in text and "token-budget follow" in text


def test_costs_are_shown_by_repository_client_and_model(
    member: Any, spent: Any
) -> None:
    place = {"repository": "billing-api", "branch": "main"}
    spent("one", origin="claude_code", metadata=place)
    spent("two", "no-such-model")

    text = member.get("/spend/?period=all").content.decode()

    # 10,000 fresh, 80,000 read, 10,000 written, 1,000 of output
    assert "At least $0.1775 in all" in text
    by_model = text.split('aria-label="By model"')[1].split("</section>")[0]
    cells = re.findall(r'<td class="num">(.*?)</td>', by_model)
    assert cells == ["$0.1775", "cost unknown"]
    assert "$0.00</td>" not in text
    assert "2 requests, 1 of them without a price" in text
    assert "Caching saved $0.3475" in text
    assert "billing-api" in text and "Claude Code" in text
    assert "<title>" in text and "Cost per day" in text


def test_a_cache_that_was_only_written_cost_more(member: Any, spent: Any) -> None:
    spent("one")
    UsageSample.objects.update(cache_read_tokens=0)

    text = member.get("/spend/?period=all").content.decode()

    # 10,000 written at $6.25 instead of sent at $5
    assert "Caching cost $0.0125 more than it saved" in text


def test_the_axis_of_small_costs_says_their_size(member: Any, spent: Any) -> None:
    spent("one")
    UsageSample.objects.update(
        input_tokens=100, output_tokens=0, cache_read_tokens=0, cache_creation_tokens=0
    )

    text = member.get("/spend/?period=all").content.decode()

    assert ">$0.0002</text>" in text and ">$0.0004</text>" in text  # $0.0005 in all
    assert ">$0.00</text>" not in text


def test_a_session_that_cost_is_a_link(member: Any, spent: Any) -> None:
    session = spent("one", title="<b>Bold</b>")

    text = member.get("/spend/?period=all&table=session").content.decode()

    assert f'href="/sessions/{session.pk}/"' in text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in text


@pytest.mark.parametrize("table", ["daily", "weekly", "monthly", "session", "blocks"])
def test_every_table_has_the_sum_of_all(member: Any, spent: Any, table: str) -> None:
    spent("one")
    spent("two")

    text = member.get(f"/spend/?period=all&table={table}&by=client").content.decode()

    assert f"token-budget spend {table}" in text
    assert "<b>$0.3550</b>" in text


def test_old_session_files_are_shown_where_this_month_has_nothing(
    member: Any, spent: Any
) -> None:
    spent("old", ago=400 * 86_400)

    assert "$0.1775 in all" in member.get("/spend/").content.decode()
    assert "Nothing spent" in member.get("/spend/?period=month").content.decode()


def test_others_projects_are_not_counted(
    member: Any, spent: Any, other_project: Any
) -> None:
    spent("hidden", project=other_project)

    assert "Nothing spent" in member.get("/spend/?period=all").content.decode()


def test_the_csv_has_a_line_per_day_and_what_it_is_grouped_by(
    member: Any, spent: Any
) -> None:
    spent("one", metadata={"repository": "=1+1"})
    spent("two", metadata={"repository": "=1+1"})

    response = member.get("/spend/spend.csv?period=all")

    async def text() -> str:
        parts = [part async for part in response.streaming_content]
        assert len(parts) > 1  # a part for each day, after the head
        return b"".join(parts).decode()

    (line,) = csv.DictReader(StringIO(async_to_sync(text)()))

    assert response["Content-Disposition"] == 'attachment; filename="spend-all.csv"'
    assert (line["model"], line["project"]) == ("claude-opus-4-5", "search")
    assert line["repository"] == "'=1+1"
    assert (line["requests"], line["input_tokens"]) == ("2", "20000")
    assert float(line["cost_usd"]) == 0.355


def test_a_budget_shows_what_is_spent_and_foreseen(
    member: Any,
    spent: Any,
    project: Any,
    other_project: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.models import AlertChannel, AlertRule, LLMSession

    # No month may end between the request and the page.
    noon = datetime(2026, 11, 15, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    spent("one")
    LLMSession.objects.update(changed_us=2**60)
    for of, name in ((project, "Ours"), (other_project, "Theirs")):
        channel = AlertChannel.objects.create(
            project=of, name="ops", kind="webhook", target="https://ops.example/"
        )
        AlertRule.objects.create(
            project=of, channel=channel, name=name, kind="spend", number=0.1
        )

    text = member.get("/spend/?period=all").content.decode()

    assert "Ours" in text and "Theirs" not in text and "ops.example" not in text
    assert '$0.1775 <span class="faint">of $0.1000</span>' in text
    assert "passed" in text and "$0.0775 over" in text


def test_the_prices_behind_the_numbers_are_shown(member: Any, spent: Any) -> None:
    spent("one")

    page = member.get("/spend/?period=all").content.decode()

    prices = page.split('id="prices"')[1]
    assert "The 1 list price behind" in " ".join(prices.split())
    assert "claude-opus-4-5" in prices and "$5.00" in prices and "litellm" in prices

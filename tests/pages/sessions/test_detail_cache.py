"""The session page's panel of the prompt cache."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tracker.models import LLMSession, UsageSample


def ask(session: LLMSession, minutes_ago: float, read: int, written: int) -> None:
    UsageSample.objects.create(
        project=session.project, session=session, event_id=f"a{minutes_ago}",
        at=timezone.now() - timedelta(minutes=minutes_ago), model="claude-opus-4-5",
        used_tokens=read + written, system_tokens=0, history_tokens=read + written,
        user_context_tokens=0, tools_tokens=0, unattributed_tokens=0,
        input_tokens=read + written, cache_read_tokens=read,
        cache_creation_tokens=written, window_tokens=200_000, window_source="default",
        available_tokens=196_000, level="ok", source="reported", origin="api",
    )  # fmt: skip


def test_a_miss_is_said_with_its_reason_and_its_cost(
    member: Any, make_session: Any
) -> None:
    session = make_session("one", ago=3_600)
    ask(session, 20, 0, 100_000)
    ask(session, 12, 0, 100_000)
    ask(session, 1, 98_000, 2_000)

    text = member.get(f"/sessions/{session.pk}/").content.decode()
    panel = text[text.index('id="session-cache"') :]
    panel = panel[: panel.index("</section>")]

    assert "<td>idle for longer than the cache lives<" in panel
    assert ">8\xa0min after the request before<" in panel
    assert "100,000" in panel and "+$0.5750" in panel
    assert "1 miss cost $0.5750 more than hits" in panel
    assert "32.6\xa0% of input read from it" in panel
    assert 'data-cache-lifetime="300"' in panel
    assert "cache_countdown.js" in text


def test_a_cache_that_has_expired_says_so(member: Any, make_session: Any) -> None:
    session = make_session("one", ago=3_600)
    ask(session, 20, 0, 100_000)

    text = member.get(f"/sessions/{session.pk}/").content.decode()

    assert ">Expired</b>" in text
    assert "Never missed" in text


def test_without_cache_numbers_there_is_no_panel(
    member: Any, make_session: Any
) -> None:
    session = make_session("one")

    assert (
        "session-cache" not in member.get(f"/sessions/{session.pk}/").content.decode()
    )

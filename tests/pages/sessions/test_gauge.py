"""The client's own trigger stands on the gauge beside the policy's thresholds."""

from __future__ import annotations

import pytest

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import evaluate
from tracker.pages.sessions.gauge import large_gauge, list_gauge

POLICY = BudgetPolicy()
STATUS = evaluate(POLICY, 50_000, window_tokens=200_000)


@pytest.mark.parametrize(
    ("compact_at", "on_large", "on_list"),
    [
        (None, None, None),
        (100_000, 50.0, 45.55),
        (200_000, 100.0, 91.11),
        (1_000_000, None, None),  # of another window
    ],
)
def test_the_mark_stands_where_the_client_compacts(compact_at, on_large, on_list):
    assert large_gauge(STATUS, POLICY, compact_at).client == on_large
    assert list_gauge(STATUS, POLICY, compact_at).client == on_list


def test_page_and_lists_show_it(member, make_session):
    session = make_session("chat-42", used=100_000)
    plain = member.get(f"/sessions/{session.pk}/").content.decode()
    assert "g-client" not in plain and "client compacts" not in plain

    type(session).objects.filter(pk=session.pk).update(
        compact_at_tokens=150_000, window_source="client_table"
    )

    page = member.get(f"/sessions/{session.pk}/").content.decode()
    assert "The client compacts at 150,000." in page
    assert "The client compacts at 150,000 by itself." in page
    assert "from the client, for this model" in page
    rows = member.get("/sessions/").content.decode()
    assert "; the client compacts at 150,000" in rows
    assert 'data-compact-at="150000"' in rows
    overview = member.get("/").content.decode()
    assert 'data-compact-at="150000"' in overview

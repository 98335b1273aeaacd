"""The session page's panels: how it was counted, and what it cost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tracker.models import (
    Comparison,
    LearntCalibration,
    Policy,
    ProjectMember,
    UsageSample,
)

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LEARNT = {
    "compared_estimate": 50_000.0,
    "compared_reported": 55_000.0,
    "starts": [17_000, 18_240, 19_000],
    "samples": 39,
    "error": 0.00341,
}


def panel(page: Any, name: str) -> str:
    html = page.content.decode()
    start = html.index(f'id="{name}"')
    return html[start : html.index("</section>", start)]


def compare(session: Any, *, reported: int, history: int = 5_000) -> None:
    Comparison.objects.create(
        project_id=session.project_id,
        session=session,
        lane="main",
        model=session.model,
        counter="characters by script",
        system_tokens=0,
        history_tokens=history,
        user_context_tokens=0,
        tools_tokens=0,
        reported_tokens=reported,
        cached_tokens=0,
        at=NOW,
        is_anchor=True,
    )


def test_the_method_is_named_with_its_reason(member, make_session, project):
    session = make_session("a", model="claude-sonnet-4-5")
    Policy.objects.create(name="exact", project=project, counting="counted")

    counting = panel(member.get(f"/sessions/{session.pk}/"), "counting")

    assert "o200k_base × 1.18" in counting
    assert "no public tokenizer" in counting
    for tokens in ("200,000", "64,000"):
        assert tokens in counting


@pytest.mark.parametrize(
    ("tokenizer", "words"),
    [
        ("words", "mine (tests.house_tokenizers:words)"),
        (
            "gone",
            "estimates. Reason: mine (tests.house_tokenizers:gone) cannot count",
        ),
    ],
)
def test_a_tokenizer_of_one_s_own_is_named(
    member, make_session, project, settings, tokenizer, words
):
    path = f"tests.house_tokenizers:{tokenizer}"
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": path}
    session = make_session("a", model="house-llm")
    Policy.objects.create(name="exact", project=project, counting="mine")

    counting = panel(member.get(f"/sessions/{session.pk}/"), "counting")

    assert words in counting.replace("<bdi>", "").replace("</bdi>", "")
    assert "<b>mine</b>" in counting


def test_factor_and_error_are_shown(member, make_session, project):
    session = make_session("a", model="claude-sonnet-4-5")
    LearntCalibration.objects.create(
        project=project,
        model="claude-sonnet-4-5",
        counter="characters by script",
        client="api",
        state=LEARNT,
        updated_at=NOW,
    )

    counting = panel(member.get(f"/sessions/{session.pk}/"), "counting")

    assert "× 1.10 + 18,240 hidden tokens" in counting
    assert "39 reports compared with characters by script" in counting
    assert "0.35\u00a0%" in counting  # rounded up


@pytest.mark.parametrize(
    ("reported", "shown"), [(5_400, False), (5_600, True), (4_500, True)]
)
def test_a_divergence_of_more_than_ten_percent_is_a_sentence(
    member, make_session, reported, shown
):
    session = make_session("a", model="claude-sonnet-4-5")
    compare(session, reported=reported)

    counting = panel(member.get(f"/sessions/{session.pk}/"), "counting")

    assert ("data-divergence" in counting) is shown
    if shown:
        assert f"5,000 counted, {reported:,} reported" in counting
        assert "probably" in counting


def test_an_unknown_model_has_a_hint_that_leads_administrators_to_it(
    member, make_session
):
    session = make_session("a", model="house/llm 1&2")
    url = f"/sessions/{session.pk}/"

    for_member = panel(member.get(url), "counting")
    member.user.is_superuser = True
    member.user.save()
    for_administrator = panel(member.get(url), "counting")

    assert "unknown model: set its window in the admin" in for_member
    assert "a window of 200,000 tokens is assumed" in for_member
    assert "/admin/" not in for_member
    assert 'href="/admin/tracker/cataloguemodel/add/?name=house/llm%201%262"' in (
        for_administrator
    )


def test_known_and_unnamed_models_have_no_hint(member, make_session):
    for number, model in enumerate(("gpt-5", "")):
        session = make_session(f"s{number}", model=model)

        counting = panel(member.get(f"/sessions/{session.pk}/"), "counting")

        assert "data-hint" not in counting


def test_cost_and_savings_are_marked_as_estimates(
    member, make_session, make_compression
):
    session = make_session("a", model="claude-sonnet-4-5")
    UsageSample.objects.filter(session=session).update(
        input_tokens=100_000, output_tokens=10_000, source="reported"
    )
    make_compression(session, ago=3_600)

    cost = panel(member.get(f"/sessions/{session.pk}/"), "session-cost")

    assert "$0.4500" in cost
    assert "$0.0357" in cost and "$0.3565" in cost  # 118,840 tokens, once
    assert cost.count("estimate</span>") == 3
    assert "US dollars, prices of 2026-" in cost


def test_without_prices_the_page_says_what_it_would_take(member, make_session):
    session = make_session("a", model="claude-sonnet-4-5")

    cost = panel(member.get(f"/sessions/{session.pk}/"), "session-cost")

    assert "A price needs reported usage" in cost


def test_fragments_that_come_often_ask_for_neither(member, make_session, monkeypatch):
    from tracker.pages.sessions import detail as page

    def asked(*args: object) -> None:
        raise AssertionError("counted or priced for a fragment")

    monkeypatch.setattr(page, "counting_of", asked)
    monkeypatch.setattr(page, "cost_of_session", asked)
    session = make_session("a")

    for target in ("budget-now", "session-facts", "sample-table"):
        headers = {"HX-Request": "true", "HX-Target": target}
        response = member.get(f"/sessions/{session.pk}/", headers=headers)
        assert response.status_code == 200


def test_another_project_s_lessons_are_not_shown(
    member, make_session, other_project, project
):
    LearntCalibration.objects.create(
        project=other_project,
        model="gpt-5",
        counter="characters by script",
        state=LEARNT,
        updated_at=NOW,
    )
    session = make_session("a", model="gpt-5")

    page = member.get(f"/sessions/{session.pk}/")

    assert ProjectMember.objects.get().project == project
    assert "Calibration" not in panel(page, "counting")

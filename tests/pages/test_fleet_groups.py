"""The fleet by team, branch or any label."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tracker.reading.sessions.listing.groups import groups_of


def test_groups_have_sums_the_worst_level_and_a_way_to_their_sessions(
    member: Any, project: Any, make_session: Any
) -> None:
    from tracker.models import LLMSession, UsageSample

    for number, used in enumerate((1_000, 190_000)):
        make_session(f"b{number}", used=used, metadata={"team": "billing & co"})
    make_session("c", metadata={"team.id": "core", "cost_center": 7})
    make_session("d")
    written = int(timezone.now().timestamp() * 1_000_000)
    LLMSession.objects.update(changed_us=written)
    UsageSample.objects.update(
        input_tokens=1_000_000, output_tokens=0, model="claude-opus-4-5"
    )

    page = member.get("/fleet/groups/?by=team&period=24h")

    rows = page.context["rows"]
    assert [(g.name, g.sessions, g.level, g.alarmed) for g in rows] == [
        ("billing & co", 2, "critical", 1),
        ("", 1, "ok", 0),
        ("core", 1, "ok", 0),
    ]
    assert (rows[0].tokens, rows[0].cost, rows[0].unpriced) == (2_000_000, 10, 0)
    text = page.content.decode()
    assert "/sessions/?meta=team%3A%22billing%20%26%20co%22" in text
    assert "/sessions/?meta=team.id%3Acore" in text
    assert "cost_center" in page.context["choices"]
    found = member.get("/sessions/?meta=team%3A%22billing%20%26%20co%22")
    assert {row.session.key for row in found.context["rows"]} == {"b0", "b1"}


def test_any_label_groups_and_others_are_not_said(
    member: Any, make_session: Any
) -> None:
    make_session("a", metadata={"cost_center": 7, "branch": ["x"]})

    by_label = member.get("/fleet/groups/?by=cost_center").context["rows"]
    by_branch = member.get("/fleet/groups/?by=branch").context["rows"]

    assert [g.name for g in by_label] == ["7"]
    assert [g.name for g in by_branch] == [""]


def test_older_sessions_and_other_projects_are_left_out(
    member: Any, make_session: Any, other_project: Any
) -> None:
    make_session("old", ago=2 * 86_400)
    make_session("theirs", project=other_project)

    page = member.get("/fleet/groups/?by=project&period=24h")

    assert page.context["rows"] == []
    assert "No session was active" in page.content.decode()


def test_groups_take_a_bounded_number_of_queries_and_sessions(
    project: Any,
    make_session: Any,
    monkeypatch: Any,
    django_assert_max_num_queries: Any,
) -> None:
    from tracker.reading.sessions.listing import groups

    monkeypatch.setattr(groups, "MOST_SESSIONS", 2)
    for number in range(3):
        make_session(f"s{number}", ago=number + 1, model=f"m{number}")

    with django_assert_max_num_queries(4):
        found = groups_of([project], "model", None, timezone.now())

    assert {g.name for g in found.rows} == {"m0", "m1"}
    assert found.is_cut


def test_clients_are_told_by_the_surest_word_and_lead_to_their_sessions(
    member: Any, make_session: Any
) -> None:
    make_session("named", metadata={"client": "cli 2", "program": "curl"})
    make_session("calls", metadata={"program": "Claude Code"}, origin="gateway")
    make_session("read", metadata={"program": "curl"}, origin="codex")
    make_session("silent")

    page = member.get("/fleet/groups/?by=client")

    found = {group.name: group.find for group in page.context["rows"]}
    assert found == {
        "cli 2": ("meta", 'client:"cli 2"'),
        "Claude Code": ("meta", 'program:"Claude Code"'),
        "Codex": ("client", "codex"),
        "": None,
    }
    rows = member.get("/sessions/?meta=program%3A%22Claude%20Code%22").context["rows"]
    assert [row.session.key for row in rows] == ["calls"]

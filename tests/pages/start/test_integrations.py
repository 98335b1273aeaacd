"""The sources: commands with one's own address, and whether data has arrived."""

from __future__ import annotations

from django.utils import timezone


def test_each_way_holds_the_servers_own_address(member):
    page = member.get("/integrations/", headers={"host": "localhost:8123"})

    text = page.content.decode()
    assert text.count("http://localhost:8123") >= 8
    assert "0 of 6 sources connected" in text


def test_what_arrived_is_shown_with_what_was_ignored_and_why(member, project):
    from tracker.models import SourceActivity

    SourceActivity.objects.create(
        project=project,
        source="otlp_traces",
        report_count=28,
        twin_count=14,
        rejected_count=2,
        last_error="span 1: tokens below 0",
        ignored={"no_usage": 68},
        last_at=timezone.now(),
    )

    text = member.get("/integrations/").content.decode()

    assert "1 of 6 sources connected" in text
    assert "28 reports" in text
    assert "says nothing of tokens" in text
    assert "duplicate: sent again, or the same call from another source" in text
    assert "span 1: tokens below 0" in text


def test_a_client_that_sends_messages_alone_is_named_with_its_cure(member, project):
    from tracker.models import SourceActivity

    SourceActivity.objects.create(
        project=project,
        source="otlp_traces",
        ignored={"call_without_usage:openai-agents": 12},
        last_at=timezone.now(),
    )

    text = member.get("/integrations/").content.decode()

    told = "OpenAI Agents SDK sends messages, says nothing of tokens."
    assert f"{told} Cure: ModelSettings(include_usage=True)" in text


def test_a_way_by_which_all_was_refused_says_so_and_has_brought_nothing(
    member, project
):
    from tracker.models import SourceActivity

    SourceActivity.objects.create(
        project=project,
        source="litellm",
        rejected_count=3,
        last_error="the body is not JSON",
        last_at=timezone.now(),
    )

    text = member.get("/integrations/").content.decode()

    assert "0 of 6 sources connected" in text
    assert "refused; last error: the body is not JSON" in text


def test_sessions_tell_by_which_way_they_came(member, make_session):
    make_session("a", origin="claude_code")
    make_session("b", origin="codex")

    assert "2 of 6 sources" in member.get("/integrations/").content.decode()


def test_another_projects_data_is_not_told(member, other_project, make_session):
    make_session("a", project=other_project)

    assert "0 of 6 sources" in member.get("/integrations/").content.decode()


def test_nobody_sees_it_without_a_login(client, db):
    assert client.get("/integrations/").status_code == 302

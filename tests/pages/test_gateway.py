"""The gateway's page: what went through, and whether compressions have paid."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tracker.models import Compression, GatewayCall


@pytest.fixture
def make_call(project: Any, make_session: Any) -> Any:
    def make(session: Any, action: str = "untouched", **more: Any) -> GatewayCall:
        said = {
            "status": 200, "added_ms": 1.5, "request_bytes": 400_000,
            "sent_bytes": 400_000, "upstream": "anthropic", "at": timezone.now(),
            "project": project,
        }  # fmt: skip
        row = GatewayCall(session=session, action=action, **(said | more))
        row.save()
        return row

    return make


def test_without_calls_it_says_how_to_begin(member: Any) -> None:
    text = member.get("/gateway/").content.decode()

    assert "No calls through the gateway yet" in text
    assert "token-budget wrap --url http://testserver --key tb_… claude" in text


def test_calls_are_counted_by_what_was_done(
    member: Any, make_session: Any, make_call: Any
) -> None:
    session = make_session("agent")
    for action in ("untouched", "untouched", "cut", "rescued", "refused"):
        make_call(session, action)
    make_call(None, status=529, added_ms=40.0, waited_ms=640.0)

    text = member.get("/gateway/").content.decode()

    assert "3 of 6 went through byte for byte, 1 with an earlier cut" in text
    assert "prompt too long, rescued" in text
    assert "waited 640 ms" in text
    assert "40.0 ms" in text  # p99
    assert "529" in text and "no usage" in text


def test_a_compression_says_when_it_has_paid(
    member: Any, project: Any, make_session: Any, make_call: Any
) -> None:
    session = make_session("agent")
    cut = Compression.objects.create(
        project=project, session=session, seq=1, at=timezone.now(), origin="gateway",
        performed_by="tracker", trigger="budget", before_tokens=167_000,
        after_tokens=58_000,
    )  # fmt: skip
    usage = {
        "input_tokens": 58_000, "cache_read_tokens": 24_000,
        "cache_creation_tokens": 34_000, "compression_id": cut.pk,
    }  # fmt: skip
    make_call(session, "compressed", **usage)
    make_call(session, "cut", **usage)
    text = member.get("/gateway/").content.decode()
    assert "not yet: 1 of 3 calls" in text
    assert "−17,300" in text  # 28,200 more at first, 10,900 less since

    for _ in range(2):
        make_call(session, "cut", **usage)

    text = member.get("/gateway/").content.decode()
    assert "yes, after 3 calls" in text
    assert "+4,500" in text
    assert f'href="/compressions/{cut.pk}/"' in text
    Compression.objects.update(refused_at=timezone.now())
    assert "refused by the provider" in member.get("/gateway/").content.decode()


def test_a_control_group_is_shown_beside_the_others(
    member: Any, make_session: Any, make_call: Any
) -> None:
    make_call(make_session("a"), input_tokens=13_000)
    assert "With and without" not in member.get("/gateway/").content.decode()
    make_call(make_session("b"), input_tokens=22_000, is_control=True)

    text = member.get("/gateway/").content.decode()

    assert "Left alone" in text and "22,000" in text


def test_another_projects_calls_are_not_shown(
    member: Any, other_project: Any, make_session: Any, make_call: Any
) -> None:
    other = make_session("hidden-name", project=other_project)
    make_call(other, project=other_project)

    text = member.get("/gateway/?period=14d").content.decode()

    assert "hidden-name" not in text
    assert "No calls through the gateway yet" in text


def test_one_sessions_calls_alone_lead_to_their_cuts_review(
    member: Any, project: Any, make_session: Any, make_call: Any
) -> None:
    one, other = make_session("one"), make_session("zebra")
    cut = Compression.objects.create(
        project=project, session=one, seq=1, at=timezone.now(), origin="gateway",
        performed_by="tracker", trigger="budget", before_tokens=9, after_tokens=5,
    )  # fmt: skip
    make_call(one, "compressed", compression_id=cut.pk)
    make_call(one, "rescued", compression_id=cut.pk + 1)  # pruned since
    make_call(other, "untouched")

    page = member.get(f"/gateway/?session={one.pk}").content.decode()

    assert f'<a class="link" href="/compressions/{cut.pk}/">compressed</a>' in page
    assert f"/compressions/{cut.pk + 1}/" not in page
    assert "0 of 2 went through byte for byte" in page
    assert "zebra" not in page.partition("Newest calls")[2]
    link = f'href="/gateway/?session={one.pk}"'
    assert link in member.get(f"/sessions/{one.pk}/").content.decode()
    assert (
        "/gateway/?session"
        not in member.get(f"/sessions/{make_session('plain').pk}/").content.decode()
    )


def test_the_calls_of_another_projects_session_do_not_exist(
    member: Any, make_call: Any
) -> None:
    from tracker.models import LLMSession, Project

    theirs = Project.objects.create(slug="theirs", name="Theirs")
    session = LLMSession.objects.create(
        project=theirs, key="s", created_at=timezone.now()
    )
    make_call(session, project=theirs)

    for asked in (session.pk, "x", "9" * 30, "-1"):
        assert member.get(f"/gateway/?session={asked}").status_code == 404

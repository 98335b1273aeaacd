"""A shared link shows one thing, to anybody, until it is over."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tracker.changes.share_links import make_link, revoke_link
from tracker.models import LLMSession, ShareLink


@pytest.fixture
def share(policy: Any, project: Any) -> Any:
    """`share(session=…)`: the path of a new link."""

    def make(shows: str = "page", **fields: Any) -> str:
        link = ShareLink(project=project, shows=shows, **fields)
        make_link(link, days=1, user=None)
        return f"/shared/{link.token}/"

    return make


def test_a_session_is_shown_and_nobody_is_told_of_the_address(
    client: Any, share: Any, make_session: Any, make_event: Any
) -> None:
    session = make_session("chat-1", used=190_000, title="Fix tests")
    make_event(session, to="critical")

    answer = client.get(share(session=session))
    said = answer.content.decode()

    assert answer.status_code == 200
    assert "Fix tests" in said and "96.9" in said and "critical" in said
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Cache-Control"] == "no-store, private"
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in said and "<form" not in said


def test_a_page_leads_to_no_other_and_opens_none(
    client: Any, share: Any, make_session: Any, make_compression: Any
) -> None:
    session = make_session("chat-1", used=190_000)
    text = {"summary": "What was said.", "before": [{"role": "user", "content": "x"}]}
    cut = make_compression(session, text=text)

    for shown in (share(session=session), share(compression=cut)):
        said = client.get(shown).content.decode()
        assert re.findall(r'<a [^>]*href="([^"]*)"', said) == []
        assert client.get(f"{shown}badge.svg").status_code == 404
    for page in (f"/sessions/{session.pk}/", f"/compressions/{cut.pk}/", "/"):
        assert client.get(page).status_code == 302  # to the login


def test_a_compression_is_shown_without_its_messages(
    client: Any, share: Any, make_session: Any, make_compression: Any
) -> None:
    fact = {
        "text": "always run make lint", "kind": "constraint", "message": 0,
        "is_kept": False, "used_again": None,
    }  # fmt: skip
    text = {
        "summary": "The tests were mended.",
        "before": [{"role": "user", "content": "a secret message"}],
        "analysis": {"facts": [fact], "facts_lost": 1, "facts_kept": 0, "score": 0.5},
    }
    cut = make_compression(make_session("chat-1"), text=text, facts_lost=1)

    said = client.get(share(compression=cut)).content.decode()

    assert "The tests were mended." in said and "always run make lint" in said
    assert "a secret message" not in said


@pytest.mark.parametrize("end", ["expired", "revoked", "project"])
def test_a_link_that_is_over_shows_nothing(
    client: Any, share: Any, make_session: Any, project: Any, end: str
) -> None:
    session = make_session("chat-1", title="Fix tests")
    page, image = share(session=session), share("badge", session=session)
    if end == "expired":
        past = timezone.now() - timedelta(seconds=1)
        ShareLink.objects.update(expires_at=past)
    elif end == "revoked":
        for link in ShareLink.objects.all():
            revoke_link(link)
    else:
        project.deletion_began_at = timezone.now()
        project.save()

    answer = client.get(page)
    assert answer.status_code == 410
    assert "Fix tests" not in answer.content.decode()
    drawn = client.get(f"{image}badge.svg").content.decode()
    assert "link expired" in drawn and "Fix tests" not in drawn


def test_a_forged_token_or_one_of_another_kind_is_unknown(
    client: Any, share: Any, make_session: Any
) -> None:
    session = make_session("chat-1")
    page, image = share(session=session), share("badge", session=session)
    number, _, signature = page.split("/")[2].partition(".")
    other = image.split("/")[2].partition(".")[0]

    for path in (
        f"/shared/{number}.{'A' * len(signature)}/",
        f"/shared/{other}.{signature}/",
        f"/shared/{number}/",
        image,
        f"{page}badge.svg",
    ):
        assert client.get(path).status_code == 404
    assert client.post(page).status_code == 405


def test_a_token_opens_no_later_link_of_the_same_number(
    client: Any, share: Any, make_session: Any
) -> None:
    page = share(session=make_session("chat-1"))
    number = ShareLink.objects.get().pk
    ShareLink.objects.all().delete()  # as an older backup would
    later = share(session=make_session("chat-2"), pk=number)

    assert client.get(page).status_code == 404
    assert client.get(later).status_code == 200


def test_a_link_goes_with_its_session(
    client: Any, share: Any, make_session: Any
) -> None:
    session = make_session("chat-1")
    page = share(session=session)
    LLMSession.objects.all().delete()

    assert client.get(page).status_code == 404


def test_a_long_list_and_a_long_summary_are_folded(
    client: Any, share: Any, make_session: Any, make_compression: Any
) -> None:
    facts = [
        {"kind": "path", "text": f"src/file_{n}.py", "is_kept": False, "message": n,
         "used_again": 0}
        for n in range(12)
    ]  # fmt: skip
    analysis = {"score": 0.4, "facts_lost": 12, "facts_kept": 1, "facts": facts}
    text = {"summary": "What was said. " * 200, "analysis": analysis}
    cut = make_compression(make_session("chat-1"), text=text)

    said = client.get(share(compression=cut)).content.decode()

    first, folded = said.split("4 more")
    assert "src/file_7.py" in first and "src/file_8.py" not in first
    assert "src/file_11.py" in folded
    assert '<details class="fold-panel"><summary class="panel-head">' in folded

"""Reviewers comment and assign; who is named hears of it; viewers read it."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.models import (
    AlertChannel,
    AlertDelivery,
    Compression,
    CompressionAssignment,
    CompressionComment,
)


@pytest.fixture
def cut(make_session: Any, make_compression: Any) -> Compression:
    row: Compression = make_compression(make_session("chat-1"))
    return row


@pytest.fixture
def rob(browser_of: Any, project: Any) -> Any:
    return browser_of(project, "reviewer")


@pytest.fixture
def channel(project: Any) -> AlertChannel:
    return AlertChannel.objects.create(
        project=project, name="ops", kind="webhook", target="https://ops.example/",
        site_address="https://ops.example/",
    )  # fmt: skip


def test_a_comment_is_stored_shown_found_and_tells_whom_it_names(
    rob: Any, browser_of: Any, project: Any, cut: Compression, channel: AlertChannel
) -> None:
    viewer = browser_of(project, "viewer")
    text = "See the port, @viewer-search. Not me@admin-search <b>@nobody"

    answer = rob.post(f"/compressions/{cut.pk}/comment/", {"text": text}, follow=True)

    assert "alert channels tell viewer-search." in answer.content.decode()
    row = CompressionComment.objects.get()
    assert (row.author_name, row.text) == ("reviewer-search", text)
    told = AlertDelivery.objects.get()
    assert told.message["title"] == "chat-1: reviewer-search names @viewer-search"
    assert told.message["page"] == ["compression", cut.pk]
    page = viewer.get(f"/compressions/{cut.pk}/").content.decode()
    assert "See the port" in page and "&lt;b&gt;" in page
    assert "compression-comment" not in page and 'name="text"' not in page
    assert "chat-1" in viewer.get("/compressions/?q=the port").content.decode()
    assert (
        "No compressions match" in viewer.get("/compressions/?q=nix").content.decode()
    )


def test_naming_nobody_tells_nobody(
    rob: Any, cut: Compression, channel: AlertChannel
) -> None:
    rob.post(f"/compressions/{cut.pk}/comment/", {"text": "fine, @stranger"})

    assert CompressionComment.objects.count() == 1
    assert not AlertDelivery.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 4_001])
def test_an_empty_or_endless_comment_is_refused(
    rob: Any, cut: Compression, text: str
) -> None:
    answer = rob.post(f"/compressions/{cut.pk}/comment/", {"text": text}, follow=True)

    assert "1 to 4,000 characters" in answer.content.decode()
    assert not CompressionComment.objects.exists()


def test_it_is_made_somebodys_who_is_told_and_finds_it(
    rob: Any, browser_of: Any, project: Any, cut: Compression, channel: AlertChannel
) -> None:
    admin = browser_of(project, "admin")
    at = f"/compressions/{cut.pk}/assign/"

    for _ in range(2):
        rob.post(at, {"assignee": "admin-search"})

    told = AlertDelivery.objects.get()  # once
    assert told.message["title"].endswith("assigns it to @admin-search")
    assert "chat-1" in admin.get("/compressions/?mine=1").content.decode()
    assert "No compressions match" in rob.get("/compressions/?mine=1").content.decode()
    listed = rob.get("/compressions/").content.decode()
    assert "for <bdi>admin-search</bdi>" in listed

    rob.post(at, {"assignee": "reviewer-search"})  # oneself: nobody needs to be told
    assert CompressionAssignment.objects.get().assignee.username == "reviewer-search"
    rob.post(at, {"assignee": ""})
    assert not CompressionAssignment.objects.exists()
    assert AlertDelivery.objects.count() == 1


def test_only_who_reviews_here_can_have_it(
    rob: Any, browser_of: Any, project: Any, other_project: Any, cut: Compression
) -> None:
    browser_of(project, "viewer")
    browser_of(other_project, "admin")

    for name in ("viewer-search", "admin-legal", "nobody"):
        form = {"assignee": name}
        answer = rob.post(f"/compressions/{cut.pk}/assign/", form)
        assert answer.status_code == 422
    assert not CompressionAssignment.objects.exists()


def test_viewers_and_strangers_may_not(
    browser_of: Any, project: Any, other_project: Any, cut: Compression
) -> None:
    viewer, stranger = browser_of(project, "viewer"), browser_of(other_project, "admin")
    for one, status in ((viewer, 403), (stranger, 404)):
        for what, form in (("comment", {"text": "x"}), ("assign", {"assignee": ""})):
            answer = one.post(f"/compressions/{cut.pk}/{what}/", form)
            assert answer.status_code == status

    assert not CompressionComment.objects.exists()


def test_a_name_is_looked_for_without_nul_which_postgresql_refuses(
    rob: Any, cut: Compression, django_user_model: Any
) -> None:
    name = django_user_model.objects.get().username

    rob.post(f"/compressions/{cut.pk}/assign/", {"assignee": f"{name[0]}\0{name[1:]}"})

    assert CompressionAssignment.objects.get().assignee.username == name

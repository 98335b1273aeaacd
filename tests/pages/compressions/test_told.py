"""The first lines of a review: what people said that is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.models import AlertChannel, AlertDelivery, ProjectMember
from tracker.pages.compressions.told import lost_words

SAID = "Never change the retry window of 72 h without asking me."


def fact(text: str, message: int, *, kept: bool = False, again: int = 0) -> Any:
    return {
        "kind": "constraint", "text": text, "message": message, "is_kept": kept,
        "kept_in": None, "rarity": 1.0, "used_again": again,
    }  # fmt: skip


ANALYSIS = {
    "facts": [
        fact(SAID, 0, again=2),
        fact("Keep Python 3.9 working.", 1),
        fact("Run pytest first.", 0, kept=True),
    ],
    "facts_lost": 2, "facts_kept": 1, "score": 0.8,
}  # fmt: skip
BEFORE = [
    {"role": "user", "content": SAID},
    {"role": "system", "content": "Keep Python 3.9 working."},
]


@pytest.fixture
def row(make_session: Any, make_compression: Any) -> Any:
    text = {"before": BEFORE, "after": [], "analysis": ANALYSIS}
    return make_compression(make_session("s"), text=text, score=0.8)


def test_each_line_says_who_said_it_and_where() -> None:
    told = lost_words(ANALYSIS, BEFORE)

    assert [(one.who, one.number) for one in told.shown] == [
        ("You told it", 1),
        ("The system prompt said", 2),
    ]
    assert told.shown[0].then == "Used again by the agent 2 times later."
    assert (told.kept, told.more) == (1, 0)
    assert told.reminder.startswith("Before you go on, 2 things I told you")
    assert f"1. {SAID}" in told.reminder
    assert lost_words({}, []).reminder == ""


def test_the_page_begins_with_them(member: Any, row: Any) -> None:
    ProjectMember.objects.update(role="viewer")
    text = member.get(f"/compressions/{row.pk}/").content.decode()

    assert text.index("The summary leaves it out.") < text.index('aria-label="Numbers"')
    assert "Copy as reminder" in text and "Open original" in text
    assert "1 instruction is still there" in text
    assert "Send to team" not in text  # a viewer sends nothing


def test_a_reviewer_sends_one_to_every_channel(
    member: Any, row: Any, project: Any
) -> None:
    ProjectMember.objects.update(role="reviewer")
    address = f"/compressions/{row.pk}/tell/"

    nobody = member.post(address, {"place": "1"}, follow=True).content.decode()
    AlertChannel.objects.create(
        project=project, name="team", kind="slack", target="https://team.test/hook",
        site_address="http://127.0.0.1:8000",
    )  # fmt: skip
    sent = member.post(address, {"place": "1"}, follow=True).content.decode()

    assert "the project has no alert channel" in nobody
    assert "Message 1 goes to 1 channel." in sent
    delivery = AlertDelivery.objects.get()
    assert SAID in delivery.message["text"] and delivery.state == "waiting"
    assert delivery.message["page"] == ["compression", row.pk]
    assert member.post(address, {"place": "9"}).status_code == 422
    again = member.post(address, {"place": "1"}, follow=True).content.decode()
    assert "The team was told of message 1 before." in again
    assert AlertDelivery.objects.count() == 1


def test_a_viewer_may_not(member: Any, row: Any) -> None:
    ProjectMember.objects.update(role="viewer")
    assert (
        member.post(f"/compressions/{row.pk}/tell/", {"place": "1"}).status_code == 403
    )
    assert not AlertDelivery.objects.exists()

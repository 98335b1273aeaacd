"""What to do after the first report stays until it is done, or hidden for good."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tracker.models import ProjectMember


@pytest.fixture
def admin(member: Any) -> Any:
    ProjectMember.objects.update(role="admin")
    return member


def steps(client: Any) -> list[tuple[bool, str]]:
    page = client.get("/").content.decode()
    panel = re.search(r'aria-label="First steps">(.*?)</section>', page, re.DOTALL)
    items = re.findall(r"<li(.*?)>.*?<b>(.*?)<", panel[1]) if panel else []
    return [("is-done" in attributes, name) for attributes, name in items]


def test_after_the_first_report_the_next_steps_stand_above_the_list(
    admin, make_session
):
    make_session("hello")

    assert steps(admin) == [
        (True, "First report arrived"),
        (False, "Connect your programs"),
        (False, "Check the thresholds"),
        (False, "Choose who gets told"),
    ]
    assert "<details open>" in admin.get("/").content.decode()
    make_session("chat-42")
    assert steps(admin)[1] == (True, "Your programs report")
    page = admin.get("/").content.decode()  # folded: the sessions are what counts now
    assert "<details open>" not in page and "Next: check the thresholds" in page


def test_once_all_is_done_they_are_gone(admin, make_session, project):
    from tracker.changes.audit import audit
    from tracker.models import AlertChannel, AlertRule

    make_session("chat-42")
    channel = AlertChannel.objects.create(project=project, name="ops", kind="slack")
    AlertRule.objects.create(project=project, channel=channel, name="r", kind="level")
    audit("policy_changed", target="default")

    assert steps(admin) == []


def test_they_are_hidden_for_good_by_a_button(admin, make_session):
    make_session("hello")

    answer = admin.post("/steps/hide/")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert steps(admin) == []


def test_who_can_do_none_of_them_sees_none(member, make_session):
    make_session("hello")

    assert steps(member) == []

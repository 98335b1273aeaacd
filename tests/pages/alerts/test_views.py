"""The page of alerts: members read it, administrators change it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from tracker.models import (
    AlertChannel,
    AlertDelivery,
    AlertRule,
    AuditEntry,
    ConfigVersion,
    ProjectMember,
)

RULE = {
    "name": "Critical", "kind": "level", "level": "critical", "zone": "UTC",
    "is_on": "on",
}  # fmt: skip


@pytest.fixture
def admin(member: Any) -> Any:
    ProjectMember.objects.update(role="admin")
    return member


@pytest.fixture
def channel(project: Any) -> AlertChannel:
    return AlertChannel.objects.create(
        project=project, name="ops", kind="webhook", target="https://1.1.1.1/token-9",
        site_address="http://testserver/",
    )  # fmt: skip


@pytest.fixture
def delivery(project: Any, channel: AlertChannel) -> AlertDelivery:
    now = timezone.now()
    return AlertDelivery.objects.create(
        project=project, channel=channel, about="event 1", created_at=now, due_at=now,
        message={"title": "<b>chat</b> is at 95.1 %", "text": "x"}, state="failed",
        attempts=6, answer="503 in 0.1 s",
    )  # fmt: skip


def test_an_admin_adds_a_channel_and_a_rule(admin, project):
    version = ConfigVersion.current()
    made = admin.post(
        "/alerts/new-channel/search/",
        {"name": "ops", "kind": "webhook", "target": "https://1.1.1.1/hook"},
    )
    channel = AlertChannel.objects.get()
    saved = admin.post("/alerts/new-rule/search/", {**RULE, "channel": channel.pk})

    assert made.status_code == saved.status_code == 302
    assert (channel.project, channel.site_address) == (project, "http://testserver/")
    rule = AlertRule.objects.get()
    assert (rule.project, rule.channel, rule.level) == (project, channel, "critical")
    assert ConfigVersion.current() == version + 2  # writers read the rules anew
    entries = AuditEntry.objects.filter(action="alert_changed")
    assert [e.target for e in entries.order_by("pk")] == ["ops", "Critical"]
    assert all("1.1.1.1" not in e.detail for e in entries)
    text = re.sub(r"<[^>]+>", "", admin.get("/alerts/").content.decode())
    assert "When a session reaches a level" in text and "tell ops" in text


@pytest.mark.parametrize(("pattern", "is_told"), [("no-such-*", True), ("", False)])
def test_a_rule_whose_models_nobody_uses_is_saved_and_says_so(
    admin, channel, pattern, is_told
):
    body = {**RULE, "channel": channel.pk, "model_pattern": pattern}
    page = admin.post("/alerts/new-rule/search/", body, follow=True)

    assert AlertRule.objects.get().model_pattern == pattern
    text = page.content.decode()
    assert ("No stored session has a model that matches no-such-*" in text) is is_told


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"target": "http://127.0.0.1/"}, "not a public address"),
        ({"target": "nonsense"}, "begins with https://"),
        ({"kind": "email", "target": "mara@example.com"}, "no mail server"),
        ({"name": ""}, "required"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(admin, fields, why):
    form = {"name": "ops", "kind": "webhook", "target": "https://1.1.1.1/"} | fields

    answer = admin.post("/alerts/new-channel/search/", form)

    assert answer.status_code == 422 and why in answer.content.decode()
    assert not AlertChannel.objects.exists()


@pytest.mark.parametrize(
    ("target", "is_taken"),
    [
        ("mara@example.com, ops@example.com", True),
        ("mara", False),
        (", ".join(f"m{n}@example.com" for n in range(11)), False),
    ],
)
def test_mail_needs_real_addresses_and_not_too_many(admin, settings, target, is_taken):
    settings.EMAIL_HOST = "mail.example.com"

    form = {"name": "team", "kind": "email", "target": target}
    answer = admin.post("/alerts/new-channel/search/", form)

    assert (answer.status_code == 302) is is_taken
    assert AlertChannel.objects.exists() is is_taken


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "score"}, "Give a score"),
        ({"kind": "silent", "number": "0"}, "Give the minutes"),
        ({"kind": "spend", "number": "0"}, "Give the dollars"),
        (
            {"kind": "spend", "number": "5", "metadata_key": "team"},
            "not split by metadata",
        ),
        ({"quiet_from": "22:00"}, "both ends"),
        ({"zone": "Moon/Base"}, "no time zone"),
        ({"kind": "moon"}, "valid choice"),
    ],
)
def test_a_rule_that_does_not_fit_together_is_refused(admin, channel, fields, why):
    form = {**RULE, "channel": channel.pk, **fields}

    answer = admin.post("/alerts/new-rule/search/", form)

    assert answer.status_code == 422 and why in answer.content.decode()
    assert not AlertRule.objects.exists()


def test_a_rule_tells_no_channel_of_another_project(admin, channel, other_project):
    theirs = AlertChannel.objects.create(
        project=other_project, name="x", kind="webhook", target="https://1.1.1.1/",
        site_address="http://testserver/",
    )  # fmt: skip

    answer = admin.post("/alerts/new-rule/search/", {**RULE, "channel": theirs.pk})

    assert answer.status_code == 422
    assert not AlertRule.objects.exists()
    assert admin.get(f"/alerts/channels/{theirs.pk}/").status_code == 404


def test_members_see_what_was_sent_but_no_address(member, channel, delivery):
    page = member.get("/alerts/").content.decode()

    assert "&lt;b&gt;chat&lt;/b&gt; is at 95.1 %" in page
    assert "Gave up after 6 tries: 503 in 0.1 s" in page
    assert "1.1.1.1" not in page and "Send again" not in page
    for path in (
        f"/alerts/channels/{channel.pk}/",
        "/alerts/new-channel/search/",
        "/alerts/new-rule/search/",
    ):
        assert member.get(path).status_code == 403
    answer = member.post(f"/alerts/deliveries/{delivery.pk}/send/")
    assert answer.status_code == 403
    delivery.refresh_from_db()
    assert delivery.state == "failed"


def test_a_digest_is_shown_in_lines(member, delivery):
    delivery.message["text"] = "a is at 90 %.\nb is at 95 %."
    delivery.save()

    page = member.get("/alerts/").content.decode()

    assert "<bdi>a is at 90 %.</bdi><br><bdi>b is at 95 %.</bdi>" in page


def test_an_admin_sends_again_tests_and_removes(admin, channel, delivery):
    admin.post(f"/alerts/deliveries/{delivery.pk}/send/")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 0)

    admin.post(f"/alerts/channels/{channel.pk}/test/")
    assert AlertDelivery.objects.filter(about="test", state="waiting").count() == 1

    admin.post(f"/alerts/channels/{channel.pk}/remove/")
    assert not AlertChannel.objects.exists() and not AlertDelivery.objects.exists()
    assert AuditEntry.objects.filter(action="alert_removed").count() == 1


def test_without_a_channel_a_rule_begins_with_one(admin):
    answer = admin.get("/alerts/new-rule/search/")

    assert answer["Location"] == "/alerts/new-channel/search/"

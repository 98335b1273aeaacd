"""Who only receives an alert opens its link, and reads the lost instruction there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from django.utils.html import escape

from tracker.alerts.formats import mail_text, webhook_body
from tracker.ingest.rows.alert_rows import write_flagged
from tracker.models import AlertChannel, AlertDelivery, AlertRule
from tracker.models.outgoing.alerts import load_rules

SAID = "Never write to the production database."


@pytest.fixture
def lost(make_session: Any, make_compression: Any) -> Any:
    """A compression that lost what a person said."""
    fact = {
        "kind": "constraint", "text": SAID, "message": 0, "is_kept": False,
        "kept_in": None, "rarity": 1.0, "used_again": 0,
    }  # fmt: skip
    analysis = {"facts": [fact], "facts_lost": 1, "facts_kept": 0, "score": 0.1}
    before = [{"role": "user", "content": SAID}]
    text = {"before": before, "after": [], "analysis": analysis}
    return make_compression(make_session("chat-1"), text=text, score=0.1)


@pytest.fixture
def delivery(project: Any, lost: Any) -> AlertDelivery:
    """What a rule has put out about it."""
    channel = AlertChannel.objects.create(
        project=project, name="ops", kind="webhook", target="https://a.example/",
        site_address="https://budget.example/",
    )  # fmt: skip
    AlertRule.objects.create(
        project=project, channel=channel, name="flags", kind="flagged"
    )
    write_flagged(load_rules(), lost)
    return AlertDelivery.objects.get()


def said_at_the_top(page: str) -> bool:
    """Before any number, not folded away, in words."""
    top = page.split('aria-label="Numbers"')[0]
    return escape(SAID) in re.sub(r"<details.*?</details>", "", top, flags=re.DOTALL)


def test_one_click_leads_from_the_message_to_the_instruction(
    member: Any, delivery: AlertDelivery
) -> None:
    url = msgspec.json.decode(webhook_body(delivery))["url"]

    assert url in mail_text(delivery)
    assert said_at_the_top(member.get(urlsplit(url).path).content.decode())


def test_two_clicks_lead_there_from_an_alert_about_the_session(
    member: Any, delivery: AlertDelivery, lost: Any
) -> None:
    delivery.message["page"] = ["session", lost.session_id]
    url = msgspec.json.decode(webhook_body(delivery))["url"]

    session = member.get(urlsplit(url).path).content.decode()

    address = f"/compressions/{lost.pk}/"
    assert f'href="{address}"' in session
    assert said_at_the_top(member.get(address).content.decode())


def test_who_has_no_login_yet_comes_back_to_it_after_logging_in(
    client: Any, member: Any, delivery: AlertDelivery, lost: Any
) -> None:
    client.logout()
    path = urlsplit(msgspec.json.decode(webhook_body(delivery))["url"]).path

    answer = client.get(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"/login/?next={path}"

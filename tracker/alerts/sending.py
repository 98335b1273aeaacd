"""Sends one alert, and answers what came back. Touches no database."""

from __future__ import annotations

import time
from dataclasses import dataclass

import httpcore
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from tracker.alerts import formats
from tracker.alerts.targets import CheckedNetwork, TargetError, checked_url
from tracker.models import AlertChannel, AlertDelivery

SECONDS = 10.0
JSON = {"Content-Type": "application/json", "User-Agent": "token-budget"}


@dataclass(frozen=True, slots=True)
class Sent:
    """`text` for the log: `200 in 0.2 s`, or why it failed. Never the answer's body:
    who owns the channel must not read with it what the server can reach.
    """

    is_delivered: bool
    text: str


def send(delivery: AlertDelivery) -> Sent:
    """Give the message to its channel. Raises nothing."""
    began = time.monotonic()
    try:
        if delivery.channel.kind == "email":
            _mail(delivery)
            answer, is_delivered = "accepted by the mail server", True
        else:
            status = _post(delivery)
            answer, is_delivered = str(status), 200 <= status < 300
    except TargetError as error:
        return Sent(False, str(error)[:300])
    except Exception as error:  # noqa: BLE001 - each library has its own
        return Sent(False, f"{type(error).__name__}: {error}"[:300])
    return Sent(is_delivered, f"{answer} in {time.monotonic() - began:.1f} s")


def _post(delivery: AlertDelivery) -> int:
    channel = delivery.channel
    headers = dict(JSON)
    if channel.kind == "slack":
        body = formats.slack_body(delivery)
    elif channel.kind == "discord":
        body = formats.discord_body(delivery)
    else:
        body = formats.webhook_body(delivery)
        headers["X-Token-Budget-Delivery"] = str(delivery.message_id)
        headers["X-Token-Budget-Signature"] = formats.signature(
            channel.secret, int(time.time()), body
        )
    return post(checked_url(channel.target), headers, body)


def post(
    url: str, headers: dict[str, str], body: bytes, *, is_operators: bool = False
) -> int:
    """The status, within SECONDS once the host is resolved. Redirects are not followed:
    they lead to unchecked addresses. `is_operators`: a setting of the server names the
    address, so it may be a private one.
    """
    sent: list[tuple[bytes | str, bytes | str]] = list(headers.items())
    network = CheckedNetwork(SECONDS, may_be_private=is_operators)
    limits = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
    with (
        httpcore.ConnectionPool(network_backend=network) as pool,
        pool.stream(
            "POST", url, headers=sent, content=body, extensions={"timeout": limits}
        ) as answer,
    ):
        return int(answer.status)


def _mail(delivery: AlertDelivery) -> None:
    EmailMessage(
        subject=" ".join(f"[Token Budget] {delivery.message['title']}".split()),
        body=formats.mail_text(delivery),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=recipients(delivery.channel),
        headers={"Message-ID": f"<{delivery.message_id}@token-budget>"},
        connection=get_connection(fail_silently=False),
    ).send()


def recipients(channel: AlertChannel) -> list[str]:
    return [part.strip() for part in channel.target.split(",") if part.strip()]

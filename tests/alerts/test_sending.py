"""Each kind of channel, to real receivers on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.ports import free_port
from tracker.alerts import sending
from tracker.alerts.formats import discord_body, mail_text
from tracker.alerts.sending import send

pytestmark = pytest.mark.usefixtures("private_targets")


def test_a_webhook_is_signed_and_names_message_project_and_page(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver(204)
    delivery = put_out(make_channel(hook.url), used_tokens=190_000)

    sent = send(delivery)

    ((headers, body),) = hook.got
    said = json.loads(body)
    assert sent.is_delivered and sent.text.startswith("204 in ")
    assert said["id"] == headers["X-Token-Budget-Delivery"] == str(delivery.message_id)
    assert said["project"] == "default" and said["used_tokens"] == 190_000
    assert said["url"] == "https://ops.example/sessions/7/"
    assert said["title"] == "chat is at 95.1 %" and "page" not in said
    signature = headers["X-Token-Budget-Signature"]
    parts = dict(part.split("=", 1) for part in signature.split(","))
    expected = hmac.new(
        b"s3cret", parts["t"].encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    assert parts["v1"] == expected


def test_slack_gets_a_link_and_no_call_to_everybody(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver()

    sent = send(put_out(make_channel(hook.url, "slack"), title="<!channel> & co"))

    text = json.loads(hook.got[0][1])["text"]
    assert sent.is_delivered
    assert text.startswith(
        "*<https://ops.example/sessions/7/|&lt;!channel&gt; &amp; co>*\n"
    )


def test_discord_calls_nobody_and_stays_within_its_limit(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    hook = receiver()

    send(put_out(make_channel(hook.url, "discord"), text="@everyone " * 400))

    said = json.loads(hook.got[0][1])
    assert said["allowed_mentions"] == {"parse": []}
    assert len(said["content"]) == 2_000


def test_an_answer_that_is_no_success_is_told_and_no_redirect_followed(
    receiver: Any, make_channel: Any, put_out: Any
) -> None:
    for status in (302, 404, 503):
        hook = receiver(status)

        sent = send(put_out(make_channel(hook.url)))

        assert not sent.is_delivered and sent.text.startswith(f"{status} in ")
        assert len(hook.got) == 1


def test_a_receiver_that_is_not_there_is_told(make_channel: Any, put_out: Any) -> None:
    sent = send(put_out(make_channel("http://127.0.0.1:1/")))

    assert not sent.is_delivered
    assert sent.text.startswith("ConnectError")


def test_a_target_that_is_not_allowed_any_more_is_not_called(
    receiver: Any, make_channel: Any, put_out: Any, settings: Any
) -> None:
    hook = receiver()
    delivery = put_out(make_channel(hook.url))
    settings.ALERT_PRIVATE_TARGETS = False

    sent = send(delivery)

    assert not sent.is_delivered and "not a public address" in sent.text
    assert hook.got == []


class Mailbox:
    """What an SMTP server on loopback was given."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.got.append(envelope)
        return "250 taken"


def test_mail_reaches_a_real_server(
    make_channel: Any, put_out: Any, settings: Any
) -> None:
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    settings.EMAIL_USE_TLS = False
    channel = make_channel("mara@example.com, ops@example.com", "email")
    try:
        sent = send(put_out(channel, title="chat\nis full"))
    finally:
        server.stop()

    (envelope,) = mailbox.got
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert sent.is_delivered and "accepted by the mail server" in sent.text
    assert envelope.rcpt_tos == ["mara@example.com", "ops@example.com"]
    assert mail["Subject"] == "[Token Budget] chat is full"
    assert "https://ops.example/sessions/7/" in mail.get_content()


def test_a_title_does_not_format_a_message_to_discord(
    make_channel: Any, put_out: Any
) -> None:
    title = "fix **kwargs [here](https://example.com)"
    delivery = put_out(make_channel("http://127.0.0.1:1/", "discord"), title=title)

    content = json.loads(discord_body(delivery))["content"]

    assert content.startswith(r"**fix \*\*kwargs \[here\](https://example.com)**")


def test_a_long_message_to_discord_keeps_its_link(
    make_channel: Any, put_out: Any
) -> None:
    delivery = put_out(make_channel("http://127.0.0.1:1/", "discord"), text="x" * 3_000)

    content = json.loads(discord_body(delivery))["content"]

    assert len(content) == 2_000
    assert content.endswith("x\nhttps://ops.example/sessions/7/")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"rule": "Daily"}, ", rule Daily."),
        ({"kind": "told"}, ", sent by a reviewer."),
        ({"kind": "test"}, ", a test."),
    ],
)
def test_mail_says_why_it_came(
    make_channel: Any, put_out: Any, message: dict[str, str], why: str
) -> None:
    delivery = put_out(make_channel("mara@example.com", "email"), **message)

    assert f"Project {delivery.project}{why}" in mail_text(delivery)


def test_an_answer_that_comes_byte_by_byte_is_given_up(
    make_channel: Any, put_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    is_over = threading.Event()

    def drip(server: socket.socket) -> None:
        caller, _ = server.accept()
        with caller:
            caller.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not is_over.wait(0.05):
                try:
                    caller.sendall(b"a")
                except OSError:  # it has hung up
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        guard = threading.Timer(10, is_over.set)
        guard.start()
        sent = send(
            put_out(make_channel(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        )
        is_over.set()
        thread.join(10)
        guard.cancel()

    assert not sent.is_delivered and sent.text.startswith("ReadTimeout")

"""An alert in the words of each kind of channel."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

import msgspec

from budget_site.path_prefix import site_link
from tracker.models import AlertDelivery

DISCORD_CHARACTERS = 2_000
# Without a backslash, `fix **kwargs` ends the bold title, and `[here](https://…)` is a
# link that hides where it leads.
_MARKS = re.compile(r"[\\*_~`|\[\]<>#]")


def link_of(delivery: AlertDelivery) -> str:
    """The page that the alert is about: a session, a compression, or the overview."""
    name, *arguments = delivery.message.get("page") or ["overview"]
    return site_link(delivery.channel.site_address, name, *arguments)


def webhook_body(delivery: AlertDelivery) -> bytes:
    """JSON: `id`, `project`, `url` and the message's own fields."""
    # Fields for this server only: the link, and which rows the message is deleted with.
    own = ("page", "sessions", "parts", "beyond")
    message = {k: v for k, v in delivery.message.items() if k not in own}
    body: dict[str, Any] = {
        "id": str(delivery.message_id),
        "project": delivery.project.slug,
        "url": link_of(delivery),
        **message,
    }
    return msgspec.json.encode(body)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`t=1790000000,v1=…`: HMAC-SHA256 in hexadecimal over `1790000000.` and the body.
    The time is inside, so an old message cannot be played again.
    """
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def slack_body(delivery: AlertDelivery) -> bytes:
    title, text = (_escaped(delivery.message[name]) for name in ("title", "text"))
    line = f"*<{link_of(delivery)}|{title}>*\n{text}"
    return msgspec.json.encode({"text": line})


def _escaped(text: str) -> str:
    """Slack reads `<!channel>` as a call to everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def discord_body(delivery: AlertDelivery) -> bytes:
    message = delivery.message
    link = f"\n{link_of(delivery)}"
    most = DISCORD_CHARACTERS - len(link)  # a digest may be longer: its link stays
    title, text = (_MARKS.sub(r"\\\g<0>", message[n]) for n in ("title", "text"))
    told = f"**{title}**\n{text}"[:most]
    # A session's title may contain @everyone: nobody is called by it.
    return msgspec.json.encode(
        {"content": told + link, "allowed_mentions": {"parse": []}}
    )


def mail_text(delivery: AlertDelivery) -> str:
    rule = delivery.message.get("rule")
    by_hand = (
        "sent by a reviewer"
        if delivery.message["kind"] in ("told", "mention")
        else "a test"
    )
    why = f"rule {rule}" if rule else by_hand
    return (
        f"{delivery.message['text']}\n\n{link_of(delivery)}\n\n"
        f"Project {delivery.project}, {why}. "
        f"Message {delivery.message_id}."
    )

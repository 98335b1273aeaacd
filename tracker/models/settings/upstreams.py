"""Where the gateway sends calls: one row per provider, edited by superusers."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

DIALECTS = ("anthropic", "openai", "gemini", "other")


def check_base_url(url: str) -> None:
    """A host to send to, perhaps with a path. Raises ValidationError.

    A query or a fragment would end up in the middle of each call's address.
    """
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_good = is_good and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        raise ValidationError("must be like https://api.example.com or http://host:1")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValidationError("must have no user, no query and no fragment")
    if ".." in parts.path or "//" in parts.path or not url.isascii():
        raise ValidationError("must have a plain path")


class Upstream(models.Model):
    """A provider. No request can choose where it is sent: it names one of these rows.

    `dialect` says which calls are understood. `other`: they are relayed and counted.
    """

    name = models.SlugField(
        max_length=40, unique=True, help_text="The word in the address: /gateway/NAME/…"
    )
    base_url = models.CharField(
        "base URL",
        max_length=500,
        validators=[check_base_url],
        help_text="What stands before /v1/… at the provider.",
    )
    dialect = models.CharField(
        max_length=12, choices=[(name, name) for name in DIALECTS], default="openai"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

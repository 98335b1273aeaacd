"""API keys: programs report and read with them. Only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tracker.domain.conversation.text.visible_text import visible

# What a key may do unless it is said. `gateway` is not among them: such a key may stand
# in an address, where others see it, so it is made on its own.
DEFAULT_SCOPES = ("ingest", "read", "optimize")
GATEWAY_SCOPE = "gateway"
SCOPES = (*DEFAULT_SCOPES, GATEWAY_SCOPE)
KEY_PREFIX = "tb_"


def new_key() -> str:
    """A key with 192 random bits. Nobody can guess it, so a fast hash is enough."""
    return KEY_PREFIX + secrets.token_urlsafe(24)


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def all_scopes() -> list[str]:
    return list(DEFAULT_SCOPES)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> ApiKeyQuerySet:
        """Neither revoked nor expired."""
        return self.filter(revoked_at=None).filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        )


class ApiKey(models.Model):
    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=120)
    shown_prefix = models.CharField(max_length=12, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=all_scopes)
    rate_limit_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Reports per minute; empty means no limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["project__name", "name"]

    def __str__(self) -> str:
        return f"{visible(self.name)} ({self.shown_prefix}…)"

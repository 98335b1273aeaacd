"""Makes one-time login links, and takes them."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from tracker.models import LoginLink
from tracker.models.access.api_keys import hash_key

VALID_FOR = timedelta(hours=24)


def create_login_link(user: User) -> str:
    """The token of a link that logs this user in once, within 24 hours."""
    token = secrets.token_urlsafe(32)
    LoginLink.objects.create(
        user=user, token_hash=hash_key(token), expires_at=timezone.now() + VALID_FOR
    )
    return token


def login_link_of(token: str) -> LoginLink | None:
    """The link, if it would log somebody in now. Using it is another thing."""
    link = _usable(token).select_related("user").first()
    return link if link is not None and link.user.is_active else None


def use_login_link(token: str) -> User | None:
    """The user, once: None for a link that is unknown, used or expired."""
    found = login_link_of(token)
    # The update decides: of two requests at once only one finds it unused.
    if found is None or not _usable(token).update(used_at=timezone.now()):
        return None
    return found.user


def _usable(token: str) -> QuerySet[LoginLink]:
    return LoginLink.objects.filter(
        token_hash=hash_key(token), used_at=None, expires_at__gt=timezone.now()
    )

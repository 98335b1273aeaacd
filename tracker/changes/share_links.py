"""Makes links for people without a login, opens them, and takes them back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.signing import BadSignature
from django.db import transaction
from django.utils import timezone

from tracker.changes.audit import audit
from tracker.models import ShareLink
from tracker.models.access.share_links import link_named


@transaction.atomic
def make_link(link: ShareLink, *, days: int, user: Any) -> ShareLink:
    """Store a link to one thing, valid for so many days."""
    link.made_by, link.made_at = user, timezone.now()
    link.expires_at = link.made_at + timedelta(days=days)
    link.save()
    until = f"until {link.expires_at:%Y-%m-%d %H:%M} UTC"
    audit("share_made", target=link, project=link.project, detail=until)
    return link


@transaction.atomic
def revoke_link(link: ShareLink) -> None:
    """For good, at once. A second time changes nothing."""
    open_one = ShareLink.objects.filter(pk=link.pk, revoked_at=None)
    if open_one.update(revoked_at=timezone.now()):
        audit("share_revoked", target=link, project=link.project)


def link_of(token: str) -> ShareLink | None:
    """The link, also one that is over; None for a token that was never given out."""
    try:
        number, made_at = link_named(token)
    except BadSignature:
        return None
    of = ("project", "session__project", "compression__session", "compression__text")
    found = ShareLink.objects.select_related(*of)
    return found.filter(pk=number, made_at=made_at).first()


def is_open(link: ShareLink) -> bool:
    return (
        link.revoked_at is None
        and link.expires_at > timezone.now()
        and link.project.deletion_began_at is None
    )

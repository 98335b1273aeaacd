"""Makes and revokes API keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tracker.changes.audit import audit
from tracker.models import ApiKey, ConfigVersion, Project
from tracker.models.access.api_keys import DEFAULT_SCOPES, hash_key, new_key


def create_project(*, slug: str, name: str = "") -> tuple[Project, bool]:
    """The project of this slug, and whether it had to be made."""
    return Project.objects.get_or_create(slug=slug, defaults={"name": name or slug})


@transaction.atomic
def create_api_key(
    *,
    project: Project,
    name: str,
    scopes: Iterable[str] = DEFAULT_SCOPES,
    expires_at: datetime | None = None,
    rate_limit_per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """The row, and the key itself: the only time anybody sees it."""
    key = new_key()
    row = ApiKey.objects.create(
        project=project,
        name=name,
        shown_prefix=key[:8],
        key_hash=hash_key(key),
        scopes=list(scopes),
        expires_at=expires_at,
        rate_limit_per_minute=rate_limit_per_minute,
    )
    ConfigVersion.bump()
    audit("key_created", target=row, project=project, detail=", ".join(row.scopes))
    return row, key


@transaction.atomic
def revoke_api_key(row: ApiKey) -> None:
    """Takes effect with the next write, and within a second for reads."""
    row.revoked_at = row.revoked_at or timezone.now()
    row.save(update_fields=["revoked_at"])
    ConfigVersion.bump()
    audit("key_revoked", target=row, project=row.project)

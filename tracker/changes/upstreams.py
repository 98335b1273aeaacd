"""Changes where the gateway sends calls: row and version together."""

from __future__ import annotations

from django.db import transaction

from tracker.changes.audit import audit
from tracker.changes.values import changed_values
from tracker.models import ConfigVersion, Upstream


def set_upstream(name: str, base_url: str, dialect: str | None = None) -> Upstream:
    """Make it, or change the one of this name; its dialect stays where none is given.
    Raises ValidationError.
    """
    row = Upstream.objects.filter(name=name).first() or Upstream(name=name)
    row.base_url = base_url.rstrip("/")
    row.dialect = dialect or row.dialect
    row.full_clean()
    save_upstream(row)
    return row


@transaction.atomic
def save_upstream(row: Upstream) -> None:
    """The next call goes there, in every process within a second. Validate first."""
    row.base_url = row.base_url.rstrip("/")
    before = Upstream.objects.filter(pk=row.pk).first()
    row.save()
    ConfigVersion.bump()
    said = changed_values(before, row, ("name", "base_url", "dialect"))
    new = f"{row.base_url} ({row.dialect})"
    audit("upstream_set", target=row, detail=said if before else f"Added: {new}")


@transaction.atomic
def remove_upstream(row: Upstream) -> None:
    """Calls to it are answered with 404."""
    audit("upstream_removed", target=row, detail=row.base_url)
    row.delete()
    ConfigVersion.bump()

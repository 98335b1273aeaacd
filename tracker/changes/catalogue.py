"""Changes the operator's models: row and version together, then rejudges sessions."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from tracker.changes.policies.changing import judge_anew
from tracker.models import CatalogueModel, ConfigVersion


def save_model(row: CatalogueModel) -> None:
    """Store it; its window judges from the next report on. Validate first."""
    with transaction.atomic():
        row.save()
        _changed()


def delete_model(row: CatalogueModel) -> None:
    """What the packaged snapshot says holds again."""
    with transaction.atomic():
        row.delete()
        _changed()


def _changed() -> None:
    ConfigVersion.bump()
    transaction.on_commit(partial(judge_anew, []))

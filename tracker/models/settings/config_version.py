"""Numbers that rise with each change, so that what memory keeps is known as old."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Sum


class ConfigVersion(models.Model):
    """Row 1 rises with each change of a key, a policy or a project. The writer compares
    it in each transaction, readers once a second (`tracker.reading.config_cache`).

    Row 2 rises with each transaction that deletes samples of sessions that stay. Only
    those who delete lock it.
    """

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        return cls.objects.filter(pk=1).values_list("number", flat=True).first() or 0

    @classmethod
    def bump(cls) -> None:
        """Call in the transaction that changes a key, a policy or a project."""
        cls._raise(1)

    @classmethod
    def with_deletions(cls) -> int:
        """Changes with either row."""
        return cls.objects.aggregate(sum=Sum("number"))["sum"] or 0

    @classmethod
    def samples_deleted(cls) -> None:
        """Call in the transaction that deletes them, behind what it deletes: a prune
        that is killed says nothing afterwards.
        """
        cls._raise(2)

    @classmethod
    def _raise(cls, pk: int) -> None:
        row = cls.objects.filter(pk=pk)
        if not row.update(number=F("number") + 1):
            cls.objects.get_or_create(pk=pk)
            row.update(number=F("number") + 1)

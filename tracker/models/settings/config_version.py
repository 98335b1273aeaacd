"""One row whose number rises with each change of a key, a policy or a project.

The writer compares it in each transaction, readers once a second
(`tracker.reading.config_cache`).
"""

from __future__ import annotations

from django.db import models
from django.db.models import F


class ConfigVersion(models.Model):
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        return cls.objects.filter(pk=1).values_list("number", flat=True).first() or 0

    @classmethod
    def bump(cls) -> None:
        """Call in the transaction that changes a key, a policy or a project."""
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1, number=1)

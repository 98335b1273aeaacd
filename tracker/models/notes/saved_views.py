"""Filters, order and columns of the list of sessions that people keep under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tracker.domain.conversation.text.visible_text import visible

LONGEST_QUERY = 1_000


class SavedView(models.Model):
    """A saved list: only for its owner, or with a project for all members. `query` is
    the list's query string; it shows nobody more than the list itself.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    project = models.ForeignKey("tracker.Project", null=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="view_once")
        ]

    def __str__(self) -> str:
        return visible(self.name)

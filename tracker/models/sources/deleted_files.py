"""That a client has deleted its session file; what was read of it stays."""

from __future__ import annotations

from django.db import models


class DeletedFile(models.Model):
    """A session file that its client deleted. `at` is when that was first seen. A later
    report means that the file is there again.
    """

    session = models.OneToOneField(
        "tracker.LLMSession", on_delete=models.CASCADE, related_name="deleted_file"
    )
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"the file of {self.session}"

"""Words that people put on sessions, to find them again by `tag:word`."""

from __future__ import annotations

import re
import unicodedata

from django.db import models

LONGEST = 40
MOST = 20  # of one session
_TAG = re.compile(rf"[\w][\w.\-]{{0,{LONGEST - 1}}}")


class SessionTag(models.Model):
    # Its session's: without it a search walks every project's sessions with this tag.
    project_id = models.BigIntegerField()
    session = models.ForeignKey(
        "tracker.LLMSession", on_delete=models.CASCADE, related_name="tags"
    )
    name = models.CharField(max_length=LONGEST)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "name", "session"], name="tag_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


def tag_of(text: str) -> str:
    """The one way to write it: `Needs review` is `needs-review`. "" where it is none:
    it has letters, digits, `_`, `-` and `.`, at most 40.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    name = re.sub(r"\s+", "-", plain.removeprefix("#"))
    return name if _TAG.fullmatch(name) else ""

"""The addresses under /compressions/."""

from __future__ import annotations

from django.urls import path

from tracker.pages.compressions import (
    comments,
    retention_overview,
)
from tracker.pages.compressions import (
    dry_run as compression_trials,
)
from tracker.pages.compressions import (
    verdicts as compression_verdicts,
)
from tracker.pages.compressions import (
    views as compressions,
)

urlpatterns = [
    path("", compressions.compressions, name="compressions"),
    path("review/", compression_verdicts.compressions_review, name="review-many"),
    # /compressions/retention/
    path("retention/", retention_overview.retention, name="retention"),
    path(
        "retention/figure.json",
        retention_overview.retention_figure,
        name="retention-figure",
    ),
    # /compressions/<pk>/
    path("<int:pk>/", compressions.compression, name="compression"),
    path(
        "<int:pk>/messages/",
        compressions.compression_messages,
        name="compression-messages",
    ),
    path(
        "<int:pk>/review/",
        compression_verdicts.compression_review,
        name="compression-review",
    ),
    path(
        "<int:pk>/tell/", compression_verdicts.compression_tell, name="compression-tell"
    ),
    path("<int:pk>/comment/", comments.compression_comment, name="compression-comment"),
    path("<int:pk>/assign/", comments.compression_assign, name="compression-assign"),
    path(
        "<int:pk>/dry-run/",
        compression_trials.compression_dry_run,
        name="compression-dry-run",
    ),
]

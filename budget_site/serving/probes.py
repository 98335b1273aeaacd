"""The addresses that say whether this process answers, without those of the pages.

They are asked while the pages' modules are still being imported.
"""

from __future__ import annotations

from django.urls import path

from tracker.api.operating import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

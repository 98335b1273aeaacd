"""Django's admin: policies, keys and projects are edited, recorded rows are not."""

from __future__ import annotations

from tracker.admin import (  # noqa: F401  # each registers its models
    api_keys,
    audit,
    catalogue,
    compressions,
    events,
    history,
    policies,
    projects,
    samples,
    sessions,
    site,
    upstreams,
)

"""Django's admin: policies, keys and projects are edited, recorded rows are not."""

from __future__ import annotations

from tracker.admin import (  # noqa: F401  # each registers its models
    api_keys,
    catalogue,
    policies,
    projects,
    site,
    upstreams,
)
from tracker.admin.recorded import (  # noqa: F401  # as above
    happened,
    logs,
    samples,
    sessions,
)

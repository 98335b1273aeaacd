"""What the admin edits and shows: importing this registers it.

Not in the package itself: a middleware of the package is imported at each start, and
the forms would bring a hundred modules with it before the first answer.
"""

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

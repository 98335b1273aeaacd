"""Labels of a session from the resource that reported it: team, user, repository.

People set it once for all their programs, as Claude Code's docs say:
`OTEL_RESOURCE_ATTRIBUTES=team.id=billing,department=payments`.
"""

from __future__ import annotations

from tracker.sources.otlp.names import LABELS
from tracker.sources.otlp.wire.records import Attributes
from tracker.sources.session_keys import without_controls

LONGEST = 200


def labels_of(resource: Attributes) -> dict[str, str]:
    """`{"team.id": "billing"}` is `{"team": "billing"}`. Texts alone."""
    found = {}
    for label, names in LABELS.items():
        for name in names:
            value = resource.get(name)
            if isinstance(value, str) and value.strip():
                found[label] = without_controls(value.strip())[:LONGEST]
                break
    return found

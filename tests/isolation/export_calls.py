"""What may be taken away as a file."""

from __future__ import annotations

from tests.isolation.rules import API_LIST, LIST, ROW, Call

EXPORTS = {
    "sessions/<int:pk>/samples.csv": [Call("/sessions/{session}/samples.csv", ROW)],
    "spend/spend.csv": [Call("/spend/spend.csv?period=all", LIST)],
    "fleet/fleet.csv": [Call("/fleet/fleet.csv?period=all", LIST)],
    "api/v1/export/<str:what>.<str:kind>": [
        Call(f"/api/v1/export/{what}.{kind}", API_LIST)
        for what in ("sessions", "usage", "events", "compressions")
        for kind in ("csv", "ndjson")
    ],
}

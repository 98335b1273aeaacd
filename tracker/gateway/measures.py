"""What this process measures of its gateway, for /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from tracker.ingest.door.measures import REGISTRY


class Measures:
    """Counts since the process started."""

    def __init__(self) -> None:
        self._calls = Counter(
            "token_budget_gateway_calls",
            "Model calls through the gateway by what was done and the answer's class.",
            ["action", "answer"],
            registry=REGISTRY,
        )
        self._added = Histogram(
            "token_budget_gateway_added_seconds",
            "Added to a call before its upstream was asked, without waits.",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.5, 2),
            registry=REGISTRY,
        )
        self._waited = Histogram(
            "token_budget_gateway_waited_seconds",
            "Waited for a compression, of calls that waited.",
            buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
            registry=REGISTRY,
        )

    def added(self, seconds: float, *, waited: float) -> None:
        self._added.observe(seconds)
        if waited:
            self._waited.observe(waited)

    def answered(self, status: int, action: str) -> None:
        """`status` 0: the upstream could not be reached."""
        answer = f"{status // 100}xx" if status else "none"
        self._calls.labels(action, answer).inc()


measures = Measures()

"""What part of a history a chart shows, as the address says it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

LAST = {"60": 60, "500": 500}


@dataclass(frozen=True, slots=True)
class ChartRange:
    """`axis` is "turns" or "time"; `last` None means every sample."""

    axis: str = "turns"
    last: int | None = None
    lane: str = "main"


def chart_range(query: QueryDict) -> ChartRange:
    return ChartRange(
        axis="time" if query.get("axis") == "time" else "turns",
        last=LAST.get(query.get("last", "")),
        lane=query.get("lane", "main")[:255],
    )

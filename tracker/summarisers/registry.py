"""Which summariser a policy's name means."""

from __future__ import annotations

from tracker.domain.summarising import Summarise


def summariser_named(name: str) -> Summarise | None:
    """None stands for the extractive one, which is the domain's own."""
    return None

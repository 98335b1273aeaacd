"""Which summariser a policy's name means: TOKEN_BUDGET_SUMMARISERS in the settings.

It maps a name to a dotted path, or to {"path": …, "options": {…}}:

    {"facts": {"path": "tracker.summarisers.llm.LlmSummariser",
               "options": {"provider": "openai", "model": "gpt-5-mini"}},
     "mine": "my_package.compaction.summarise"}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from tracker.domain.compression.summary.summarising import Summarise
from tracker.summarisers.dotted import DottedSummariser, MissingSummariser

EXTRACTIVE = "extractive"


def summariser_named(name: str) -> Summarise | None:
    """None means the extractive summariser, which is part of the domain.

    A name that is not in the settings is no error here: the compression uses the local
    summary and notes why.
    """
    if name in ("", EXTRACTIVE):
        return None
    entry = _registered().get(name)
    if entry is None:
        return MissingSummariser(name)
    if isinstance(entry, str):
        return DottedSummariser(entry)
    return DottedSummariser(entry["path"], dict(entry.get("options") or {}))


def summariser_names() -> tuple[str, ...]:
    """The names a policy may use, the local one first."""
    others = sorted(name for name in _registered() if name != EXTRACTIVE)
    return (EXTRACTIVE, *others)


def summariser_choices(present: str = "") -> list[tuple[str, str]]:
    """What a policy may choose; `present` stays on offer when it is set up no more."""
    known = {name: name for name in summariser_names()}
    if present and present not in known:
        known[present] = f"{present} (not set up: extractive)"
    return [("", "---------"), *known.items()]


def _registered() -> Mapping[str, Any]:
    return getattr(settings, "TOKEN_BUDGET_SUMMARISERS", None) or {}

"""A summariser named by its dotted path, which travels to any process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tracker.domain.compression.summarising import (
    Summary,
    SummaryRefused,
    SummaryRequest,
)


@dataclass(frozen=True, slots=True)
class DottedSummariser:
    """Imports `path` where it is called, which may be a worker without Django.

    Without `options` the path names a callable that takes a SummaryRequest; with
    them one that takes the options and answers such a callable.
    """

    path: str
    options: Mapping[str, Any] | None = None

    def __call__(self, request: SummaryRequest) -> Summary:
        module, _, name = self.path.rpartition(".")
        target = getattr(import_module(module), name)
        if self.options is not None:
            target = target(**self.options)
        summary: Summary = target(request)
        return summary


@dataclass(frozen=True, slots=True)
class MissingSummariser:
    """Stands for a name nobody registered: the local summary is used and says so."""

    name: str

    def __call__(self, request: SummaryRequest) -> Summary:
        raise SummaryRefused(f"there is no summariser named {self.name!r}")

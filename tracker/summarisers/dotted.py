"""A summariser named by its dotted path, so that it can be sent to a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tracker.domain.compression.summary.summarising import (
    Summary,
    SummaryRefused,
    SummaryRequest,
)


@dataclass(frozen=True, slots=True)
class DottedSummariser:
    """Imports `path` when it is called, also in a worker without Django.

    Without `options`, `path` names a callable that takes a SummaryRequest. With them it
    names one that takes the options and returns such a callable.
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
    """A name that is not in the settings. The local summary is used, with a note."""

    name: str

    def __call__(self, _request: SummaryRequest) -> Summary:
        raise SummaryRefused(f"there is no summariser named {self.name!r}")

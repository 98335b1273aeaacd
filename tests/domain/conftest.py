"""A module of tokenizers that a test fills."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from tracker.domain.counting import counters as counting


@pytest.fixture
def tokenizers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Importable as `some_tokenizers`, with no counter remembered."""
    module = ModuleType("some_tokenizers")
    monkeypatch.setitem(sys.modules, "some_tokenizers", module)
    counting._own_counter.cache_clear()
    counting._cache.cache_clear()
    return module

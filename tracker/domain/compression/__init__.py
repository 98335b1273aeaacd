"""When to compress, what stays, what the middle becomes."""

from __future__ import annotations

from tracker.domain.compression.optimized_context import (
    OptimizedContext,
    OptimizeRequest,
)
from tracker.domain.compression.optimizer import ContextOptimizer, optimize

__all__ = ["ContextOptimizer", "OptimizeRequest", "OptimizedContext", "optimize"]

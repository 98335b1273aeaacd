"""Report what an LLM session's window holds, from any Python program.

    from tracker.client import BudgetClient
    budget = BudgetClient("http://127.0.0.1:8000", "tb_…", session="chat-42")
    claude = budget.wrap(anthropic.Anthropic())

Reporting happens on a thread of its own and never raises into the program.
"""

from __future__ import annotations

from tracker.client.budget_client import AsyncBudgetClient, BudgetClient, wrap
from tracker.client.optimizing import Optimized
from tracker.client.sessions import session

__all__ = ["AsyncBudgetClient", "BudgetClient", "Optimized", "session", "wrap"]

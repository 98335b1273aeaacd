"""Reports how full the context window of an LLM session is, from any Python program.

    from tracker.client import BudgetClient
    budget = BudgetClient("http://127.0.0.1:8000", "tb_…", session="chat-42")
    claude = budget.wrap(anthropic.Anthropic())

Reports leave on a thread of their own. No failure to report is raised into the program.
"""

from __future__ import annotations

from tracker.client.budget_client import AsyncBudgetClient, BudgetClient, wrap
from tracker.client.optimizing import Optimized
from tracker.client.sending.tally import Delivery
from tracker.client.sessions import session

__all__ = [
    "AsyncBudgetClient",
    "BudgetClient",
    "Delivery",
    "Optimized",
    "session",
    "wrap",
]

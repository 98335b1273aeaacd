"""Hard budgets: what a session or a month may spend before its calls are answered here.

It is a guard against a session that runs away. A call that is under way when a limit
is passed comes to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tracker.domain.budget.policy import STOPS, BudgetPolicy


@dataclass(frozen=True, slots=True)
class Spent:
    """`session_tokens` are input, cached or not, and output of all requests. Dollars
    are at list prices; what has no known price costs nothing here.
    """

    session_id: int | None = None
    session_tokens: int = 0
    session_dollars: Decimal = Decimal(0)
    month_dollars: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stop:
    """A limit that is reached: `name` is its field of the policy, one of STOPS."""

    name: str
    limit: int
    spent: int | Decimal
    session_id: int | None

    @property
    def is_of_month(self) -> bool:
        return self.name == "gateway_month_dollars"

    @property
    def said(self) -> str:
        """ "has spent $12.40 of $10", "has used 1,200,000 of 1,000,000 tokens"."""
        if self.name == "gateway_session_tokens":
            return f"has used {self.spent:,} of {self.limit:,} tokens"
        return f"has spent ${self.spent:,.2f} of ${self.limit:,}"


def has_stops(policy: BudgetPolicy) -> bool:
    return any(getattr(policy, name) for name in STOPS)


def stop_of(policy: BudgetPolicy, spent: Spent) -> Stop | None:
    """The first limit of the policy that is reached; None while there is none.

    With a limit of 1,000,000 tokens, 999,999 spent let one more call pass.
    """
    for name in STOPS:
        limit = getattr(policy, name)
        so_far = getattr(spent, name.removeprefix("gateway_"))
        if limit and so_far >= limit:
            return Stop(name, limit, so_far, spent.session_id)
    return None

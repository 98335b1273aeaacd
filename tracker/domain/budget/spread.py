"""How a turn's growth scatters, and what that means for the turns to come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


def weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


@dataclass(frozen=True, slots=True)
class Spread:
    """How a turn's growth scatters. `turns` is the number of turns, by weight."""

    pace: float
    variance: float
    turns: float

    @classmethod
    def of(cls, steps: Sequence[int], weights: list[float], pace: float) -> Spread:
        total = sum(weights)
        turns = total * total / sum(w * w for w in weights)
        squares = [(step - pace) ** 2 for step in steps]
        return cls(pace, weighted_mean(squares, weights) * turns / (turns - 1), turns)

    def range_of(self, tokens: int) -> tuple[float, float | None]:
        """Turns T at which tokens lie one deviation from pace * T, either side.

        The deviation after T turns is variance * (T + T² / turns): the scatter of
        the turns to come, and that of the pace itself.
        """
        lead = self.pace**2 - self.variance / self.turns
        middle = 2 * self.pace * tokens + self.variance
        root = math.sqrt(max(0.0, middle**2 - 4 * lead * tokens**2))
        low = 2 * tokens**2 / (middle + root)
        return low, (middle + root) / (2 * lead) if lead > 0 else None

"""A policy tried against a million stored samples, without the database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from tests.bench.report import Table
from tracker.domain.budget.backtest import SessionHistory, compare, sum_up
from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.budget.replay import COMPRESSION, rule_of

SESSIONS = 100
SAMPLES_EACH = 10_000
SECONDS = 5


def run(*, quick: bool = False, samples: int = 0) -> Iterator[Table]:
    """`quick` and `samples` are other benches' words: this one is short anyway."""
    saved = rule_of(BudgetPolicy(), 200_000)
    tried = rule_of(replace(BudgetPolicy(), compress=Threshold.percent(81)), 200_000)
    assert saved is not None and tried is not None
    one = [(0, 40_000 + i * 80, i % 15, 0) for i in range(2_000)]
    history = SessionHistory(1, [*one, (COMPRESSION, 40_000, -1, 0)] * 5)
    began = time.perf_counter()
    total = sum_up(
        compare(history, saved=[saved], tried=[tried]) for _ in range(SESSIONS)
    )
    seconds = time.perf_counter() - began
    assert total.samples == SESSIONS * SAMPLES_EACH
    table = Table("bench-whatif", "A policy tried against a million samples")
    table.add(
        "replay and comparison",
        f"{seconds:.1f} s",
        goal=f"under {SECONDS} s",
        is_met=seconds < SECONDS,
        note="in memory; reading them from SQLite took 2.6 s more once",
    )
    yield table

"""What survives a compression: python -m tests.bench.bench_retention [FOLDER]

FOLDER (or TOKEN_BUDGET_CORPORA) holds tau-bench and SWE-agent conversations; without
it only the chats made here are measured. Also how fast it is, and in what memory.
"""

from __future__ import annotations

import os
import re
import sys
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from time import process_time

from tests.bench.generated_chats import make_chat
from tests.bench.report import Table
from tests.bench.retention_cases import Case, corpora
from tests.bench.retention_rivals import RIVALS, Line
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer
from tracker.domain.compression.plans.plan_draft import PlanRules
from tracker.domain.compression.plans.planning import plan_compression
from tracker.domain.counting.measure import Measure

SHARES = (60, 40, 20, 15)
GOALS = {
    "tau-bench": (0.97, 0.88, 0.62, 0.50),
    "SWE-agent": (0.98, 0.95, 0.90, 0.75),
    "made chats": (0.95, 0.80, 0.65, 0.45),
}
MOST_SECONDS = 1.5  # for 200,000 tokens on one core


def run(*, quick: bool = False, samples: int = 0) -> Iterator[Table]:
    """`samples` is other benches' word; here nothing depends on it."""
    named = os.environ.get("TOKEN_BUDGET_CORPORA")
    folder = Path(named) if named else None
    table = Table("retention", "What survives in a summary of 60, 40, 20 and 15 %")
    for name, cases in corpora(folder, quick=quick):
        _compare(table, name, cases)
    if folder is None:
        table.remarks.append("TOKEN_BUDGET_CORPORA is not set: only chats made here.")
    yield table
    yield _speed(quick=quick)


def _compare(table: Table, corpus: str, cases: Sequence[Case]) -> None:
    note = f"{len(cases)} cases"
    for share, goal in zip(SHARES, GOALS[corpus], strict=True):
        value = mean(_survival(case, _ours(case, share)) for case in cases)
        table.add(
            f"{corpus}, {share} %: extractive",
            f"{value:.2f}",
            goal=f"≥ {goal:.2f}",
            is_met=value >= goal,
            note=note,
        )
        for rival, method in RIVALS.items():
            shares = []
            for case in cases:
                middle, tokens, _ = case.split()
                lines = method(middle, tokens * share // 100)
                shares.append(_survival(case, lines))
            table.add(f"{corpus}, {share} %: {rival}", f"{mean(shares):.2f}")


def _ours(case: Case, share: int) -> list[Line]:
    """Our summary where it may take `share` of the middle, its frame included."""
    _, middle, kept = case.split()
    rules = PlanRules(
        target_tokens=kept + middle * share // 100, keep_last=case.keep_last
    )
    plan = plan_compression(case.messages, rules)
    return [(at, line.text) for line in plan.lines for at in line.sources]


def _survival(case: Case, lines: Sequence[Line]) -> float:
    """The share of needs that are met."""
    everything = "\n".join(text for _, text in lines).lower()
    by_message: dict[int, str] = {}
    for at, text in lines:
        by_message[at] = f"{by_message.get(at, '')} {text}".lower()
    met = 0
    for need in case.needs:
        if need.evidence is None:
            met += all(word in everything for word in need.words)
        else:
            words = set(re.findall(r"[\w\-]+", by_message.get(need.evidence, "")))
            met += all(word.lower() in words for word in need.words)
    return met / len(case.needs)


def _speed(*, quick: bool) -> Table:
    table = Table(
        "retention-speed", "Compressing a long chat: processor time of one core"
    )
    optimizer = ContextOptimizer(BudgetPolicy())
    peaks = []
    for thousands in (100, 200) if quick else (100, 200, 400):
        messages = _chat_of(thousands * 1_000)
        start = process_time()
        outcome = optimizer.optimize_messages("bench", messages)
        seconds = process_time() - start
        tracemalloc.start()
        optimizer.optimize_messages("bench", messages)
        peaks.append(tracemalloc.get_traced_memory()[1] / outcome.before_tokens)
        tracemalloc.stop()
        is_promised = thousands == 200
        table.add(
            f"{outcome.before_tokens:,} tokens",
            f"{seconds:.2f} s",
            goal=f"≤ {MOST_SECONDS} s" if is_promised else "",
            is_met=seconds <= MOST_SECONDS if is_promised else None,
            note=f"{len(messages):,} messages, {peaks[-1]:,.0f} bytes a token",
        )
    growth = peaks[-1] / peaks[0]
    table.add(
        "memory a token, largest against smallest",
        f"{growth:.2f}",
        goal="≤ 1.3",
        is_met=growth <= 1.3,
        note="linear is 1",
    )
    return table


def _chat_of(tokens: int) -> list[dict[str, str]]:
    chat = make_chat(1, messages=tokens // 40).messages
    size = Measure().message
    used = 0
    for at, message in enumerate(chat):
        used += size(message)
        if used >= tokens:
            return chat[: at + 1]
    return chat


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ["TOKEN_BUDGET_CORPORA"] = sys.argv[1]
    is_met = True
    for finished in run():
        print(f"\n{finished.markdown()}\n")
        is_met &= all(row.is_met is not False for row in finished.rows)
    sys.exit(0 if is_met else 1)

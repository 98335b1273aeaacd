"""How exact and how fast counting is: python -m tests.bench counting

The truth is o200k_base, the tokenizer of OpenAI's present models. Run as a module of
its own it exits with 1 where a promise is broken.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import statistics
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from tests.bench.report import Row, Table
from tests.bench.text_samples import SAMPLES, random_text
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import evaluate
from tracker.domain.counting.counters import (
    TokenizerCounter,
    count_conversation,
    estimate_tokens,
    token_counter,
)
from tracker.domain.counting.tokenizers.encodings import load_encoding
from tracker.domain.counting.tokenizers.scripts import tokens_by_script
from tracker.domain.manager import TokenBudgetManager

MODEL = "gpt-5"
PIECES, PIECE_CHARACTERS = 40, 1_500


def quarter_of(text: str) -> int:
    return -(-len(text) // 4)


def best_ns(work: Callable[[], object], *, rounds: int = 7) -> int:
    """The fastest of a few rounds: what else the machine does only ever adds."""
    times = []
    for _ in range(rounds):
        start = perf_counter_ns()
        work()
        times.append(perf_counter_ns() - start)
    return min(times)


def anew(value: Any) -> Any:
    """The same content in new objects, as it arrives over the network."""
    return json.loads(json.dumps(value))


def mean_error(count: Callable[[str], int], texts: list[str]) -> float:
    truth = load_encoding().encode_ordinary
    return statistics.mean(
        abs(count(text) - len(truth(text))) / len(truth(text)) for text in texts
    )


def print_errors() -> None:
    rng = random.Random(1)
    print(f"### Error by kind of text ({PIECES} pieces of {PIECE_CHARACTERS:,} each)\n")
    print(
        "| kind | characters a token | by script | characters / 3.5 | characters / 4 |"
    )
    print("|---|---|---|---|---|")
    truth = load_encoding().encode_ordinary
    for kind in SAMPLES:
        texts = [random_text(rng, kind, PIECE_CHARACTERS) for _ in range(PIECES)]
        tokens = sum(len(truth(text)) for text in texts)
        counts = (tokens_by_script, estimate_tokens, quarter_of)
        errors = "".join(f" {mean_error(count, texts):.1%} |" for count in counts)
        length = PIECES * PIECE_CHARACTERS / tokens
        print(f"| {kind} | {length:.2f} |{errors}")


def print_speeds(goals: list[Row]) -> None:
    """ns per 10,000 characters; the cached counter gets new strings each time."""
    rng = random.Random(2)
    texts = [random_text(rng, kind, 10_000) for kind in SAMPLES]
    counter = tokenizer()

    def ns_each(count: Callable[[str], int], *, clear: bool = False) -> int:
        def work() -> None:
            if clear:
                counter.cache.clear()
            for text in fresh:
                count(text)

        times = []
        for _ in range(7):
            fresh = anew(texts)
            times.append(best_ns(work, rounds=1))
        return min(times) // len(texts)

    plain = ns_each(estimate_tokens)
    print("\n### Speed (ns per 10,000 characters, mean over the kinds)\n")
    print("| by script | characters / 3.5 | characters / 4 | tiktoken | seen before |")
    print("|---|---|---|---|---|")
    columns = [ns_each(tokens_by_script), plain, ns_each(quarter_of)]
    columns.append(ns_each(counter.count, clear=True))
    columns.append(ns_each(counter.count))
    print("|" + "|".join(f" {column:,} " for column in columns) + "|")
    goals.append(_goal("plain estimate of 10,000 characters", plain / 1e6, 0.001, "ms"))


def tokenizer() -> TokenizerCounter:
    counter = token_counter("counted", MODEL)
    assert isinstance(counter, TokenizerCounter), counter.reason
    return counter


def conversation(rng: random.Random, messages: int) -> list[dict[str, Any]]:
    """Prose, code, tool calls and results, 1,600 characters a message on average."""
    kinds = ["English", "Python", "shell", "JSON", "logs"]
    made: list[dict[str, Any]] = []
    for number in range(messages):
        kind = rng.choice(kinds)
        text = f"{number} " + random_text(rng, kind, rng.randrange(200, 3_000))
        role = ("user", "assistant")[number % 2]
        content: Any = text
        if number % 4 == 1:
            call = {"type": "tool_use", "id": f"t{number}", "name": "run"}
            content = [{**call, "input": {"command": text}}]
        elif number % 4 == 2:
            result = {"type": "tool_result", "tool_use_id": f"t{number - 1}"}
            content = [{**result, "content": text}]
        made.append({"role": role, "content": content})
    return made


def print_growing_session(goals: list[Row]) -> None:
    """The 200th turn of a session of 150,000 tokens: all but two messages known."""
    messages = conversation(random.Random(3), 276)
    counter = tokenizer()
    full, turn = [], []
    for number in range(7):
        counter.cache.clear()
        sent = anew(messages[:-2])
        full.append(best_ns(lambda: total(sent, counter), rounds=1))  # noqa: B023
        sent = anew(messages)
        sent[-1]["content"] = sent[-2]["content"] = f"{number} {messages[-1]}"
        turn.append(best_ns(lambda: total(sent, counter), rounds=1))  # noqa: B023
    share = min(turn) / min(full)
    print("\n### A growing session\n")
    print("| tokens | full count | one more turn | share |")
    print("|---|---|---|---|")
    tokens = total(messages, counter)
    print(
        f"| {tokens:,} | {min(full) / 1e6:.2f} ms | {min(turn) / 1e6:.2f} ms "
        f"| {share:.1%} |"
    )
    goals.append(_goal("200th turn, of a full count", share * 100, 5, "%"))


def total(messages: list[dict[str, Any]], counter: TokenizerCounter) -> int:
    return count_conversation(messages, model=MODEL, counter=counter).total


def print_budget_check(goals: list[Row]) -> None:
    messages = conversation(random.Random(4), 50)
    counter, policy = tokenizer(), BudgetPolicy()
    manager = TokenBudgetManager(policy, count=counter.count)

    def by_functions() -> None:
        evaluate(policy, total(messages, counter), message_count=50)

    def in_new_objects() -> int:
        sent = anew(messages)
        return best_ns(lambda: total(sent, counter), rounds=1)

    checks = {
        "count and judge": best_ns(by_functions),
        "count, as new objects": min(in_new_objects() for _ in range(7)),
        "TokenBudgetManager.update": best_ns(
            lambda: manager.update("chat", messages=messages)
        ),
        "judge alone": best_ns(lambda: evaluate(policy, 150_000, message_count=50)),
    }
    print("\n### A budget check of 50 messages with warm counts\n")
    print("| what | ms |\n|---|---|")
    for name, ns in checks.items():
        print(f"| {name} | {ns / 1e6:.3f} |")
        goals.append(_goal(f"50 messages: {name}", ns / 1e6, 1, "ms"))


def print_memory(goals: list[Row]) -> None:
    sessions = 20_000
    names = [f"session-{number}" for number in range(sessions)]
    manager = TokenBudgetManager()
    tracemalloc.start()
    for name in names:
        manager.update(name, used_tokens=100_000, message_count=12)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    each = held / sessions
    print("\n### Memory\n")
    print(f"TokenBudgetManager: {each:.0f} bytes a session ({sessions:,} sessions).")
    goals.append(_goal("a session in TokenBudgetManager", each, 200, "bytes"))


def _goal(name: str, measured: float, most: float, unit: str) -> Row:
    return Row(name, f"{measured:.3g} {unit}", f"≤ {most:g} {unit}", measured <= most)


@dataclass(slots=True)
class CountingTables(Table):
    """Several tables of their own shapes; the rows are the goals."""

    text: str = ""

    def markdown(self) -> str:
        return f"{Table.markdown(self)}\n\n{self.text.strip()}"


def run(*, quick: bool = False, samples: int = 0) -> list[Table]:
    """All tables in one run: a minute at most, so `quick` changes nothing."""
    goals: list[Row] = []
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        print_errors()
        print_speeds(goals)
        print_growing_session(goals)
        print_budget_check(goals)
        print_memory(goals)
    table = CountingTables("bench:counting", "Counting", rows=goals)
    table.text = printed.getvalue().replace("### ", "#### ")
    return [table]


def main() -> int:
    (table,) = run()
    print(table.markdown())
    return 1 if any(row.is_met is False for row in table.rows) else 0


if __name__ == "__main__":
    sys.exit(main())

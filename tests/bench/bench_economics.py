"""What input costs with a prompt cache, compressed and not, for real sessions.

python -m tests.bench economics; TOKEN_BUDGET_CORPORA names a folder of sessions
(Claude Code's transcripts, tau-bench, SWE-agent). A client keeps its own history and
sends all of it, or goes on from the answer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.generated_chats import make_chat
from tests.bench.replayed_sessions import PAUSE_SECONDS, Messages, Session, sessions_in
from tests.bench.report import Table
from tests.domain.cuts.prompt_cache import Part, PromptCache
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import OptimizeRequest, optimize
from tracker.domain.counting.measure import Measure
from tracker.domain.cuts.cut import Cut, longest
from tracker.domain.cuts.digests import chain, message_digest
from tracker.domain.cuts.economics import TTL_SECONDS

SYSTEM = Part(b"system prompt and tools", 20_000)
OWN_HISTORY, ANSWER = "keeps its own history", "goes on from the answer"


def run(*, quick: bool = False, samples: int = 0) -> Iterator[Table]:
    """`samples` is other benches' word; here nothing depends on it."""
    named = os.environ.get("TOKEN_BUDGET_CORPORA")
    table = Table("economics", "Input cost with a prompt cache, compressed / not")
    found = sessions_in(Path(named)) if named else _made()
    sessions = [s for at, s in enumerate(found) if not quick or at % 10 == 0]
    plain = [_plain(session) for session in sessions]
    for style in (OWN_HISTORY, ANSWER):
        done = [Client(style).replay(session) for session in sessions]
        shares = [a.cost / b for a, b in zip(done, plain, strict=True)]
        worst = max(range(len(shares)), key=shares.__getitem__)
        table.add(
            f"{style}: the costliest session",
            f"{shares[worst]:.3f}",
            goal="≤ 1",
            is_met=shares[worst] <= 1.0005,
            note=f"{sessions[worst].name}, {done[worst].compressions} compressions",
        )
        compressed = [at for at, client in enumerate(done) if client.compressions]
        table.add(
            f"{style}: all {len(sessions)} sessions",
            f"{sum(c.cost for c in done) / sum(plain):.3f}",
            goal="≤ 1",
            is_met=sum(c.cost for c in done) <= sum(plain) * 1.0005,
            note=f"{len(compressed)} were compressed",
        )
        for at in compressed:
            print(f"    {sessions[at].name}: {shares[at]:.3f}, "
                  f"{done[at].compressions} compressions, "
                  f"{plain[at]:,.0f} not compressed")  # fmt: skip
    if not named:
        table.remarks.append("TOKEN_BUDGET_CORPORA is not set: only chats made here.")
    yield table


def _made() -> Iterator[Session]:
    for seed in range(4):
        talk = [dict(message) for message in make_chat(seed, messages=400).messages]
        ends = [at for at, m in enumerate(talk) if m["role"] == "assistant" and at]
        times = [at * PAUSE_SECONDS for at in range(len(ends))]
        yield Session(f"made chat {seed}", talk, ends, times)


_parts: dict[bytes, Part] = {}


def parts_of(messages: Sequence[Any]) -> list[Part]:
    found = []
    for message in messages:
        digest = message_digest(message)
        if digest not in _parts:
            _parts[digest] = Part(digest, Measure().message(message))
        found.append(_parts[digest])
    return found


def _plain(session: Session) -> float:
    cache = PromptCache()
    for end, at in zip(session.ends, session.times, strict=True):
        cache.request([SYSTEM, *parts_of(session.messages[:end])], at)
    return cache.cost


@dataclass(slots=True)
class Client:
    """A program that asks `optimize` before each of its requests."""

    style: str
    policy: BudgetPolicy = field(default_factory=BudgetPolicy)
    compressions: int = 0
    cost: float = 0.0
    _cuts: list[Cut] = field(default_factory=list)  # of its own history
    _answer: Messages = field(default_factory=list)
    _answered: int = 0  # of the session's messages are in the answer
    _asked_at: float | None = None
    _compressed_at: float | None = None

    def replay(self, session: Session) -> Client:
        cache = PromptCache()
        for end, at in zip(session.ends, session.times, strict=True):
            messages = self._optimized(session.messages[:end], at)
            cache.request([SYSTEM, *parts_of(messages)], at)
        self.cost = cache.cost
        return self

    def _optimized(self, history: Messages, at: float) -> Messages:
        messages = [*self._answer, *history[self._answered :]]
        if self.style == OWN_HISTORY:  # the server knows the beginning
            cut = longest(self._cuts, chain(history))
            if cut is not None:
                rest = history[cut.message_count :]
                messages = [*json.loads(cut.replacement), *rest]
        done = optimize(self._request(messages, at))
        self._asked_at = at
        if not done.compressed:
            return messages
        self.compressions += 1
        self._compressed_at = at
        self._answer, self._answered = list(done.messages), len(history)
        replacement = json.dumps(done.messages).encode()
        self._cuts.append(Cut(len(history), chain(history)[-1], replacement))
        return self._answer

    def _request(self, messages: Messages, at: float) -> OptimizeRequest:
        since = self._asked_at
        compressed = self._compressed_at
        return OptimizeRequest(
            session_id="s",
            messages=messages,
            unseen_tokens=SYSTEM.tokens,
            policy=self.policy,
            seconds_since_compression=None if compressed is None else at - compressed,
            is_cache_warm=since is not None and at - since <= TTL_SECONDS,
        )

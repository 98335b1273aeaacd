"""What every format is turned into: a UsageReport or a CompressionReport.

A source (`tracker/sources`) reads a format and returns these; `tracker/ingest` takes
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.domain.compression_words import CompressionWords, Keeping
from tracker.domain.cuts.cut import Cut
from tracker.domain.forms import form
from tracker.domain.plan_limits import PlanLimit

MAIN_LANE = "main"
MAX_TOKENS = 10**12


@form(frozen=True, slots=True)
class Parts:
    """What fills the window, in tokens. The five add up to the used tokens."""

    system: int = 0
    history: int = 0
    user_context: int = 0
    tools: int = 0
    unattributed: int = 0

    @property
    def total(self) -> int:
        return (
            self.system
            + self.history
            + self.user_context
            + self.tools
            + self.unattributed
        )


@form(frozen=True, slots=True)
class UsageReport:
    """One measurement of what a session's window held at one request.

    `used_tokens` is the occupancy: input including cache reads and writes, never
    output, never a lifetime sum. The provider's words (`input_tokens` ...) are kept
    as OpenTelemetry counts them: input including cache. None means not reported.
    """

    session: str
    used_tokens: int
    parts: Parts
    source: str  # "reported" | "counted" | "estimated"
    parts_source: str = ""  # how the parts are known; "" when none were given
    event_id: str | None = None
    at: datetime | None = None  # aware, UTC; None means on receipt
    model: str = ""
    lane: str = MAIN_LANE
    title: str = ""
    message_count: int | None = None
    window_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_creation_tokens: int | None = None
    # The part of `cache_creation_tokens` that lives an hour. None: not reported, or 0.
    cache_hour_tokens: int | None = None
    origin: str = "api"  # which way it came in: api, claude_code, otlp, ...
    metadata: dict[str, Any] | None = None
    # The rules title and metadata were redacted under; None: they were not.
    described_under: Keeping | None = None
    # The parts as counted here, before they were scaled to the reported total, and the
    # counter's name: "" if the caller counted, whose numbers are not corrected.
    counted: Parts | None = None
    counter: str = ""
    # A person emptied the window before this request, or went back to an earlier
    # message. Without it the smaller window would be a suspected compression.
    begins_anew: bool = False
    # Who said `window_tokens`: "client" (its own word: telemetry, a line of its session
    # file, what it was seen to hold), "client_table" (the dated table of
    # domain/providers/client_windows.py: a guess, below a policy's window), or
    # "client_setting" (a settings file of the client). "" where no client is known.
    window_source: str = ""
    # Where the client compacts by itself, in tokens, as its settings have it (Claude
    # Code's `autoCompactWindow`, Codex's `model_auto_compact_token_limit`). It is shown
    # beside the policy's thresholds and decides nothing. None: not known.
    compact_at_tokens: int | None = None
    # The program that sent it: the product of its User-Agent ("python-httpx"), or an
    # instrumentation scope. Hidden prompts are learnt for each program separately
    # (domain/counting/calibration.py): an agent's 40,000 tokens are not a chat's.
    client: str = ""
    # The lane of the agent that made the request, where a source names one without
    # saying whether it is the session's main agent: the first one that is seen keeps
    # the main lane (ingest/judging/candidates.py).
    agent: str = ""
    # Why this is not the content of the lane's window; None if it is. "zero_input":
    # an answer without input. "helper_call": a request the client made for itself (a
    # title, a summary). "rewound": the first request after a person went back to an
    # earlier message, or asked a question aside. Such a report is stored and has a
    # cost, but moves no gauge and fires no event.
    implausible: str | None = None
    # What this turn added, and what the window holds now, if its messages are known:
    # `Filling.take_added` and `Filling.packed` (domain/composition). A source gives
    # `composition` only for the newest report of each reading.
    added: str = ""
    composition: str = ""
    # Why the usage is only a part of what was paid; "" if it is all. "tool_loop":
    # several requests were reported as one, with the last one's numbers, so the window
    # is right and the cost too low.
    partial: str = ""
    # Why the prompt cache was missed: the provider's reason ("told tools_changed"), or
    # the first difference to the request before ("seen message 6 of 40"). Read by
    # domain/caching/told_reasons.py. None: not known.
    cache_reason: str | None = None
    # What the answer said of its plan's limits.
    plan_limits: tuple[PlanLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class CompressionReport:
    """One replacement of messages, done by the tracker or by the client itself.

    `before_tokens` and `after_tokens` are occupancies as this product counts them;
    `claimed_*` keep what the client said of itself. `before` and `after` are the
    messages where they are known, in the client's own shape, else None.
    """

    session: str
    before_tokens: int
    after_tokens: int
    source: str = "counted"  # how after_tokens is known
    event_id: str | None = None
    at: datetime | None = None
    performed_by: str = "client"  # or "tracker"
    trigger: str = "auto"  # messages budget critical exceeded manual auto
    strategy: str = ""
    model: str = ""
    lane: str = MAIN_LANE
    title: str = ""
    claimed_before_tokens: int | None = None
    claimed_after_tokens: int | None = None
    target_tokens: int | None = None
    summary: str = ""
    before: list[dict[str, Any]] | None = None
    after: list[dict[str, Any]] | None = None
    # True: the gauge shows `after_tokens` until the next report. For compressions that
    # no report follows at once; their gauge would stay at the old level.
    sets_gauge: bool = False
    origin: str = "api"
    metadata: dict[str, Any] | None = None
    # The rules title and metadata were redacted under; None: they were not.
    described_under: Keeping | None = None
    is_advice: bool = False  # planned and recorded, but not applied
    plan: dict[str, Any] | None = None
    # What domain.retention found: score, facts, verdicts, fates.
    analysis: dict[str, Any] | None = None
    # Messages and analysis as texts ready to be stored; the fields above are then None.
    words: CompressionWords | None = None
    # What the window held before, and what it holds afterwards, if that is known before
    # the next report: `Filling.packed`.
    composition: str = ""
    leaves: str = ""
    # What is sent in place of the originals from now on. Stored where the project keeps
    # messages.
    cut: Cut | None = None

    @property
    def after_count(self) -> int | None:
        """How many messages were left, where they are known."""
        if self.words is not None:
            return self.words.after_count
        return None if self.after is None else len(self.after)


def attribute(total: int, parts: Parts) -> Parts:
    """`parts` made to add up to a reported `total`.

    Parts that are short leave a rest, shown as unattributed; parts that are too
    large are scaled down in proportion (largest remainder, so the sum is exact).
    """
    counted = parts.total - parts.unattributed
    if counted <= total:
        return Parts(
            parts.system,
            parts.history,
            parts.user_context,
            parts.tools,
            total - counted,
        )
    values = (parts.system, parts.history, parts.user_context, parts.tools)
    scaled = [value * total // counted for value in values]
    by_remainder = sorted(
        range(4), key=lambda i: values[i] * total % counted, reverse=True
    )
    for i in by_remainder[: total - sum(scaled)]:
        scaled[i] += 1
    return Parts(*scaled)

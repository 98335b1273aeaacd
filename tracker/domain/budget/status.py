"""Policy + usage -> how full, which level, what to do, what was just crossed.

All comparisons are between integers: a threshold is the smallest number of tokens
that reaches it, so no percentage is ever rounded into another level.
"""

from __future__ import annotations

from typing import Any

from tracker.domain.budget.policy import BudgetPolicy, Limits
from tracker.domain.forms import form
from tracker.domain.reports import Parts

LEVELS = ("ok", "warning", "compress", "critical", "exceeded")
LEVEL_RANK = {level: rank for rank, level in enumerate(LEVELS)}
ACTIONS = {
    "ok": "none",
    "warning": "warn",
    "compress": "compress",
    "critical": "force_compress",
    "exceeded": "compress_now",
}
# Who said how large the window is, the best first: the report or a client itself, a
# client's settings, a policy, the dated table of what clients give a model, the model
# catalogue. Those of SAID_WINDOWS are told with a report, and no policy changes them.
SAID_WINDOWS = ("report", "client", "client_setting")
CLIENT_TABLE = "client_table"
TOLD_WINDOWS = (*SAID_WINDOWS, CLIENT_TABLE)  # with the report, if only guessed
WINDOW_SOURCES = (*SAID_WINDOWS, "policy", CLIENT_TABLE, "catalogue", "default")


@form(frozen=True, slots=True)
class BudgetStatus:
    """The judgement of one moment. `used_ratio` is of available and may pass 1."""

    limits: Limits
    used_tokens: int
    parts: Parts
    level: str
    action: str
    should_compress: bool
    reasons: tuple[str, ...]
    tokens_to_free: int
    source: str
    policy: str
    window_source: str
    warning: str | None

    @property
    def remaining_tokens(self) -> int:
        """Negative when the budget is exceeded."""
        return self.limits.available_tokens - self.used_tokens

    @property
    def used_ratio(self) -> float:
        return self.used_tokens / self.limits.available_tokens

    @property
    def used_percent(self) -> str:
        """`83.2 %`"""
        return percent_text(self.used_tokens, self.limits.available_tokens)

    def as_dict(self) -> dict[str, Any]:
        """The `budget` object of the REST contract and of live messages."""
        limits, parts = self.limits, self.parts
        return {
            "window_tokens": limits.window_tokens,
            "window_source": self.window_source,
            "reserved_tokens": limits.reserved_tokens,
            "available_tokens": limits.available_tokens,
            "used_tokens": self.used_tokens,
            "remaining_tokens": self.remaining_tokens,
            "used_ratio": round(self.used_ratio, 6),
            "used_percent": self.used_percent,
            "level": self.level,
            "action": self.action,
            "should_compress": self.should_compress,
            "reasons": list(self.reasons),
            "target_tokens": limits.target_tokens,
            "tokens_to_free": self.tokens_to_free,
            "source": self.source,
            "policy": self.policy,
            "parts": {
                "system": parts.system,
                "history": parts.history,
                "user_context": parts.user_context,
                "tools": parts.tools,
                "unattributed": parts.unattributed,
            },
            "warning": self.warning,
        }


def level_of(used_tokens: int, limits: Limits) -> str:
    """The level of a plain number of used tokens; negative counts as 0."""
    if used_tokens > limits.available_tokens:
        return "exceeded"
    if used_tokens >= limits.critical_tokens:
        return "critical"
    if used_tokens >= limits.compress_tokens:
        return "compress"
    if used_tokens >= limits.warning_tokens:
        return "warning"
    return "ok"


def crossing(
    event_level: str, used_tokens: int, limits: Limits
) -> tuple[str, str] | None:
    """The threshold event that `used_tokens` fires, as (from_level, to_level).

    `event_level` is the level of the session's last event, "ok" at first. Rising
    fires at once, one event even over several levels. Falling fires only once the
    number is a margin below, so that a session hovering around a threshold does not
    fire again and again.
    """
    rank = LEVEL_RANK[event_level]
    level = level_of(used_tokens, limits)
    if LEVEL_RANK[level] > rank:
        return event_level, level
    level = level_of(used_tokens + limits.margin_tokens, limits)
    if LEVEL_RANK[level] < rank:
        return event_level, level
    return None


def evaluate(
    policy: BudgetPolicy,
    used_tokens: int,
    *,
    window_tokens: int | None = None,
    window_source: str = "default",
    parts: Parts | None = None,
    message_count: int | None = None,
    source: str = "counted",
    limits: Limits | None = None,
) -> BudgetStatus:
    """Judge `used_tokens` against `policy`. Raises ValueError if it is negative.

    `window_tokens` None means the policy's own. `parts` None counts everything as
    history. PolicyError if the reserve leaves nothing of the window. `limits` are
    those of policy and window, where the caller holds them already.
    """
    if used_tokens < 0:
        raise ValueError("used_tokens must be 0 or more")
    if limits is None:
        limits = policy.limits(window_tokens or policy.window_tokens)
    level = level_of(used_tokens, limits)
    too_many = message_count is not None and message_count > policy.message_limit
    over_budget = used_tokens >= limits.compress_tokens
    reasons = (("messages",) if too_many else ()) + (("budget",) if over_budget else ())
    action = ACTIONS[level]
    if too_many and action in ("none", "warn"):
        action = "compress"
    status = BudgetStatus(
        limits=limits,
        used_tokens=used_tokens,
        parts=parts if parts is not None else Parts(history=used_tokens),
        level=level,
        action=action,
        should_compress=bool(reasons),
        reasons=reasons,
        tokens_to_free=max(0, used_tokens - limits.target_tokens) if reasons else 0,
        source=source,
        policy=policy.name,
        window_source=window_source,
        warning=None,
    )
    if level == "ok" and not too_many:
        return status
    return _with_warning(status, policy, message_count)


def _with_warning(
    status: BudgetStatus, policy: BudgetPolicy, message_count: int | None
) -> BudgetStatus:
    text = warning_text(status, policy, message_count=message_count)
    return BudgetStatus(
        status.limits,
        status.used_tokens,
        status.parts,
        status.level,
        status.action,
        status.should_compress,
        status.reasons,
        status.tokens_to_free,
        status.source,
        status.policy,
        status.window_source,
        text,
    )


def percent_text(used_tokens: int, available_tokens: int) -> str:
    """`83.2 %`, rounded down: 79.99 % must not read as the 80 % it is not."""
    tenths = used_tokens * 1000 // available_tokens
    return f"{tenths // 10:,}.{tenths % 10} %"


def warning_text(
    status: BudgetStatus, policy: BudgetPolicy, *, message_count: int | None = None
) -> str:
    """One or two sentences for a person: how full, and what happens next.

    `83.2 % of 196,000 available tokens used; 3,528 more until compression becomes due
    at 85 %.` Nothing compresses by itself, so no text may promise that.
    """
    limits = status.limits
    used = (
        f"{percent_text(status.used_tokens, limits.available_tokens)} of "
        f"{limits.available_tokens:,} available tokens used"
    )
    free = f"free {status.tokens_to_free:,} tokens to reach {policy.target}"
    if status.level == "exceeded":
        over = status.used_tokens - limits.available_tokens
        text = f"{used}, {over:,} too many. Compress now: {free}."
    elif status.level == "critical":
        text = f"{used}, {status.remaining_tokens:,} left. Compress now: {free}."
    elif status.level == "compress":
        text = f"{used}. Compression is due: {free}."
    elif status.level == "warning":
        more = limits.compress_tokens - status.used_tokens
        text = f"{used}; {more:,} more until compression becomes due at "
        text += f"{policy.compress}."
    else:
        text = f"{used}."
    if "messages" in status.reasons:
        text += f" {message_count:,} messages, more than {policy.message_limit:,}:"
        text += " compression is due."
    return text

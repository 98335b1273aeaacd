"""What a budget policy is, and the token limits it gives for a window.

Every number of the rules is a field here; docs/guide.md, "The budget", has the
defaults.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# Only the form of the name is checked: a policy must still judge when its tokenizer was
# taken out of the settings.
TOKENIZER_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
STOPS = ("gateway_session_tokens", "gateway_session_dollars", "gateway_month_dollars")
BASIS_POINTS = 10_000  # one percent is 100 basis points: thresholds stay integers


class PolicyError(ValueError):
    """A policy that contradicts itself. `field` names what to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message

    def __reduce__(self) -> tuple[type[PolicyError], tuple[str, str]]:
        """So that a worker process can raise it to its caller."""
        return type(self), (self.field, self.message)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit: a share of the available tokens, or a fixed number of tokens.

    Exactly one of the two is set. `basis_points` are hundredths of a percent.
    """

    basis_points: int | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        if (self.basis_points is None) == (self.tokens is None):
            raise ValueError("a threshold is either a percentage or tokens")
        if (self.basis_points or 0) < 0 or (self.tokens or 0) < 0:
            raise ValueError("a threshold cannot be negative")

    @classmethod
    def percent(cls, value: float) -> Threshold:
        return cls(basis_points=round(value * 100))

    def reached_at(self, available_tokens: int) -> int:
        """The smallest number of used tokens that reaches this threshold."""
        if self.tokens is not None:
            return self.tokens
        assert self.basis_points is not None
        return -(-available_tokens * self.basis_points // BASIS_POINTS)

    def floor_of(self, available_tokens: int) -> int:
        """The largest number of tokens that does not pass this share (a target)."""
        if self.tokens is not None:
            return self.tokens
        assert self.basis_points is not None
        return available_tokens * self.basis_points // BASIS_POINTS

    def __str__(self) -> str:
        if self.tokens is not None:
            return f"{self.tokens:,} tokens"
        assert self.basis_points is not None
        return f"{self.basis_points / 100:g} %"


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """All numbers by which a session is judged. Tokens are whole tokens.

    Raises PolicyError when the numbers contradict each other.
    """

    name: str = "default"
    window_tokens: int = 200_000
    reserved_tokens: int = 4_000
    warning: Threshold = Threshold(basis_points=8_000)
    compress: Threshold = Threshold(basis_points=8_500)
    critical: Threshold = Threshold(basis_points=9_500)
    target: Threshold = Threshold(basis_points=6_000)
    # How far below a threshold the level must fall before an event says so.
    margin: Threshold = Threshold(basis_points=200)
    message_limit: int = 20
    keep_first: int = 2
    keep_last: int = 6
    # "advise": plan and record, change no message. "observe": only judge.
    mode: str = "apply"
    summariser: str = "extractive"
    # How text is counted: "by_script", "estimated" (characters / 3.5), "counted", or
    # the name of a tokenizer of one's own.
    counting: str = "by_script"
    # A compression that frees less than either is not worth its cache rewrite
    # (research: 14 passes reclaiming 100-1,400 tokens each).
    min_reclaim_tokens: int = 2_000
    min_reclaim: Threshold = Threshold(basis_points=1_000)
    cooldown_seconds: int = 60
    # At the gateway. An agent passes 20 messages within minutes, and each compression
    # rewrites the provider's cache: there the message limit is for "chats" without
    # tools, for "all", or "off".
    gateway_message_limit: str = "chats"
    # A call waits so long for its compression, then goes out as it came.
    gateway_wait_seconds: int = 2
    # Where the provider's cache has expired anyway, compress from this share of the
    # available tokens; 0: as everywhere.
    gateway_cold_share: int = 0
    # So many of a hundred conversations are left uncompressed, to compare.
    gateway_control_share: int = 0
    # The gateway answers a call itself once its session has spent so much, or its
    # project this month; 0: no limit.
    gateway_session_tokens: int = 0
    gateway_session_dollars: int = 0
    gateway_month_dollars: int = 0

    def __post_init__(self) -> None:
        if self.window_tokens <= 0:
            raise PolicyError("window_tokens", "the window must be at least 1 token")
        if self.reserved_tokens < 0:
            raise PolicyError("reserved_tokens", "the reserve cannot be negative")
        if self.message_limit < 1:
            raise PolicyError("message_limit", "the message limit must be at least 1")
        if self.keep_first < 0 or self.keep_last < 0:
            raise PolicyError(
                "keep_first", "keep first and keep last cannot be negative"
            )
        if self.keep_first + self.keep_last >= self.message_limit:
            raise PolicyError(
                "keep_first",
                f"keep first + last ({self.keep_first} + {self.keep_last}) must be "
                f"below the message limit ({self.message_limit}), else nothing is "
                "left to summarise",
            )
        self._check_words()
        self.limits(self.window_tokens)

    def _check_words(self) -> None:
        """What is chosen, and what only the gateway reads."""
        if self.mode not in ("apply", "advise", "observe"):
            raise PolicyError("mode", "the mode must be apply, advise or observe")
        if self.gateway_message_limit not in ("chats", "all", "off"):
            raise PolicyError("gateway_message_limit", "must be chats, all or off")
        for name in ("gateway_cold_share", "gateway_control_share"):
            if not 0 <= getattr(self, name) <= 100:
                raise PolicyError(name, "must be between 0 and 100 %")
        for name in STOPS:
            if getattr(self, name) < 0:
                raise PolicyError(name, "cannot be negative; 0: no limit")
        if not 0 <= self.gateway_wait_seconds <= 60:
            raise PolicyError("gateway_wait_seconds", "must be between 0 and 60")
        if not TOKENIZER_NAME.fullmatch(self.counting):
            raise PolicyError(
                "counting",
                "counting must be by_script, estimated, counted or a tokenizer's name",
            )

    def limits(self, window_tokens: int) -> Limits:
        """The limits in tokens for a window of this size (cached)."""
        return _limits(self, window_tokens)


@dataclass(frozen=True, slots=True)
class Limits:
    """A policy applied to one window: each level's first token, and the target."""

    window_tokens: int
    reserved_tokens: int
    available_tokens: int
    warning_tokens: int
    compress_tokens: int
    critical_tokens: int
    target_tokens: int
    margin_tokens: int


@lru_cache(maxsize=4096)
def _limits(policy: BudgetPolicy, window_tokens: int) -> Limits:
    available = window_tokens - policy.reserved_tokens
    if available <= 0:
        raise PolicyError(
            "reserved_tokens",
            f"the reserve of {policy.reserved_tokens:,} tokens takes up the whole "
            f"window of {window_tokens:,}",
        )
    limits = Limits(
        window_tokens=window_tokens,
        reserved_tokens=policy.reserved_tokens,
        available_tokens=available,
        warning_tokens=policy.warning.reached_at(available),
        compress_tokens=policy.compress.reached_at(available),
        critical_tokens=policy.critical.reached_at(available),
        target_tokens=policy.target.floor_of(available),
        margin_tokens=policy.margin.floor_of(available),
    )
    _check_order(policy, limits)
    return limits


def _check_order(policy: BudgetPolicy, limits: Limits) -> None:
    """Refuse thresholds out of order. For those in tokens, the window decides."""
    if limits.warning_tokens > limits.compress_tokens:
        raise PolicyError(
            "warning",
            f"warning ({policy.warning}) must not be above compress "
            f"({policy.compress}) at {limits.available_tokens:,} available tokens",
        )
    if limits.compress_tokens > limits.critical_tokens:
        raise PolicyError(
            "compress",
            f"compress ({policy.compress}) must not be above critical "
            f"({policy.critical}) at {limits.available_tokens:,} available tokens",
        )
    if policy.critical.basis_points is not None and (
        policy.critical.basis_points > BASIS_POINTS
    ):
        raise PolicyError("critical", "critical must not be above 100 %")
    if limits.target_tokens >= limits.compress_tokens:
        raise PolicyError(
            "target",
            f"the target ({policy.target}) must be below compress "
            f"({policy.compress}), else compression would be due again immediately",
        )

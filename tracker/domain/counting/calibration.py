"""Reported usage corrects the estimates.

A provider says exactly what one request held; what the next one will hold is that
number plus what is new. Only the new part is estimated, and how its estimates have
compared with reports so far (the gain) corrects even that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Any

# Until this many estimated tokens have been compared, the prior gain weighs more.
PRIOR_TOKENS = 1_500
# One comparison may at most say that the gain is 0.6 or 1.6 times what it was held to
# be: attachments and hidden prompts enter reports without any estimate.
LOWEST_STEP, HIGHEST_STEP = 0.6, 1.6
MEMORY = 0.97  # per comparison: half is forgotten in 23
ERROR_WEIGHT = 0.2
# A session that never reported is predicted from the overhead others began with; one
# or two of them may have been resumed with a full window.
STARTS_NEEDED = 3
AGREE_TOKENS = 2_000  # what a few hundred words of system prompt may differ by
STARTS_KEPT = 9  # the median of so many: a resumed session starts far too full


@dataclass(frozen=True, slots=True)
class Anchor:
    """A session's last reported tokens, and the estimate of the same request."""

    estimate: int
    reported: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """How estimates compare with reports, for one project and model.

    All but `anchor` is learnt across sessions and worth storing; the anchor belongs to
    one session and is put in with `anchored_at`. `prior` is the gain to believe before
    anything was compared.
    """

    prior: float = 1.0
    compared_estimate: float = 0.0  # discounted sums of what was new
    compared_reported: float = 0.0
    starts: tuple[int, ...] = ()  # overheads seen at first requests, newest last
    samples: int = 0
    error: float | None = None  # of predictions, a fraction; recent ones weigh more
    anchor: Anchor | None = None

    @property
    def gain(self) -> float:
        """Reported tokens per estimated token, of what is new."""
        reported = self.compared_reported + self.prior * PRIOR_TOKENS
        return reported / (self.compared_estimate + PRIOR_TOKENS)

    @property
    def overhead(self) -> int:
        """What reports hold that no estimate sees, in tokens: hidden prompts, tools."""
        return median_low(self.starts) if self.starts else 0

    @property
    def can_predict(self) -> bool:
        """Whether a prediction is worth more than the estimate as it is."""
        return self.anchor is not None or self._starts_agree

    @property
    def _starts_agree(self) -> bool:
        """Whether first requests tell of one program's overhead. A chat program and an
        agent with 40,000 hidden tokens that send alike would be taken for each other:
        overheads of 0, 40,000 and 41,000 say nothing of the next session's. Resumed
        sessions start too full, so only the low ones must agree with the median.
        """
        if len(self.starts) < STARTS_NEEDED:
            return False
        low = sorted(self.starts)[len(self.starts) // 4]
        return self.overhead - low <= max(AGREE_TOKENS, self.overhead // 2)

    def predict(self, estimate: int) -> int:
        """What a provider will report for a request of this estimate, at least 0."""
        if self.anchor is None:
            return max(0, round(self.overhead + self.gain * estimate))
        new = estimate - self.anchor.estimate
        return max(0, round(self.anchor.reported + self.gain * new))

    def unseen(self, estimate: int) -> int:
        """What a request of this estimate holds beyond it, at least 0."""
        return max(0, self.predict(estimate) - estimate)

    def update(self, estimate: int, reported: int) -> Calibration:
        """Learn from one request; the answer is anchored at it."""
        starts = self.starts
        new_estimate, new_reported = self.compared_estimate, self.compared_reported
        if self.anchor is None:
            seen = max(0, round(reported - self.gain * estimate))
            starts = (*starts, seen)[-STARTS_KEPT:]
        else:
            new = estimate - self.anchor.estimate
            grown = reported - self.anchor.reported
            if new > 0 and grown > 0:  # else it was compressed or cut
                expected = self.gain * new
                believable = max(grown, LOWEST_STEP * expected)
                believable = min(believable, HIGHEST_STEP * expected)
                new_estimate = new_estimate * MEMORY + new
                new_reported = new_reported * MEMORY + believable
        # One object: a copy for each step took as long as all of the rest.
        return Calibration(
            self.prior,
            new_estimate,
            new_reported,
            starts,
            self.samples + 1,
            self._error_with(estimate, reported),
            Anchor(estimate, reported),
        )

    def anchored_at(self, anchor: Anchor | None) -> Calibration:
        """For another session: its last report, None at its first request."""
        if anchor == self.anchor:  # of most lanes: none
            return self
        return replace(self, anchor=anchor)

    def state(self) -> dict[str, Any]:
        """What is worth storing, as JSON; `from_state` reads it."""
        return {name: getattr(self, name) for name in _STATE} | {
            "starts": list(self.starts)
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Calibration:
        """Unknown names are ignored: a newer version may have stored more."""
        known = {name: state[name] for name in _STATE if name in state}
        return cls(**known, starts=tuple(state.get("starts", ())))

    def _error_with(self, estimate: int, reported: int) -> float | None:
        if not self.can_predict or reported <= 0:
            return self.error  # no prediction was shown: no error to learn from
        missed = abs(self.predict(estimate) - reported) / reported
        if self.error is None:
            return missed
        # A surprise counts, but must not hide for long how good the rest is.
        missed = min(missed, 5 * self.error + 0.01)
        return self.error + ERROR_WEIGHT * (missed - self.error)


_STATE = (
    "prior",
    "compared_estimate",
    "compared_reported",
    "samples",
    "error",
)

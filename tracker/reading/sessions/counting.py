"""How text of a session is counted, and how far that differs from reported usage."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.budget.resolution import EffectivePolicy
from tracker.domain.budget.status import TOLD_WINDOWS
from tracker.domain.counting.calibration import Calibration
from tracker.domain.counting.counters import token_counter
from tracker.domain.counting.reconciliation import Divergence
from tracker.domain.counting.tokenizers.own import failures_of
from tracker.domain.providers.catalogue import ModelInfo
from tracker.domain.reports import MAIN_LANE
from tracker.models.calibrations import (
    Comparison,
    LearntCalibration,
    calibrated_client,
    calibrated_model,
    calibrated_name,
)
from tracker.models.sessions import LLMSession
from tracker.models.settings.catalogue import load_catalogue
from tracker.reading.tokenizers import counting_method

UNKNOWN_MODEL = "unknown model: set its window in the admin"
# After so many samples calibration corrects a wrong tokenizer, so a difference has
# another cause.
CALIBRATED_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class SessionCounting:
    """`source` and `reason` are those of the counter for text that is sent here.

    `comparison` is the last sample that was both counted and reported.
    """

    method: str
    name: str
    source: str
    reason: str | None
    learnt_by: str  # the counter that `calibration` corrects
    calibration: Calibration | None
    comparison: Comparison | None
    model: ModelInfo | None
    hint: str | None

    @property
    def divergence(self) -> Divergence | None:
        """None where the two agree within 10 %, or no sample had both."""
        if self.comparison is None:
            return None
        learnt = self.calibration
        return self.comparison.divergence(
            is_calibrated=learnt is not None and learnt.samples > CALIBRATED_SAMPLES
        )


def counting_of(session: LLMSession, effective: EffectivePolicy) -> SessionCounting:
    """Of the main lane. Three queries. May load a vocabulary (0.3 s, once)."""
    method = effective.policy.counting
    counter = token_counter(counting_method(method), session.model)
    last = Comparison.objects.filter(session=session, lane=MAIN_LANE).first()
    model = load_catalogue().find(session.model) if session.model else None
    is_guessed = session.window_source not in TOLD_WINDOWS and (
        effective.window_source == "default"
    )
    learnt_by = (last and last.counter) or counter.name
    return SessionCounting(
        method=method,
        name=counter.name,
        source=counter.source,
        reason=counter.reason or failures_of(counter.name),
        learnt_by=learnt_by,
        calibration=_learnt(session, learnt_by, last),
        comparison=last,
        model=model,
        hint=UNKNOWN_MODEL if session.model and not model and is_guessed else None,
    )


def _learnt(
    session: LLMSession, counter: str, last: Comparison | None
) -> Calibration | None:
    """What the session's own counter learnt: transcripts are counted by characters,
    whatever the policy says of text sent here.
    """
    rows = LearntCalibration.objects.filter(
        project=session.project_id,
        model=calibrated_model(session.model),
        counter=calibrated_name(counter),
    )
    # Without a report that taught, the session's way in is the best guess.
    client = last.client if last else calibrated_client(session.origin, "")
    row = rows.filter(client=client).first()
    return row.calibration() if row else None

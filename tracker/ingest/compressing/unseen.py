"""What reports have taught that a request holds beyond its count, for `optimize`."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.domain.counting.calibration import Anchor, Calibration
from tracker.domain.reports import MAIN_LANE
from tracker.ingest.rows.event_keys import sample_of
from tracker.models import (
    Comparison,
    LearntCalibration,
    LLMSession,
)
from tracker.models.calibrations import calibrated_model


def calibrations_for(
    project_id: int, session: LLMSession | None, model: str
) -> Mapping[str, Calibration]:
    """By counter, anchored at the session's last report; those that can say nothing
    yet are left out. Two queries.
    """
    model = calibrated_model(model)
    learnt = LearntCalibration.objects.filter(project=project_id, model=model)
    last = None
    if session is not None:
        last = Comparison.objects.filter(session=session, lane=MAIN_LANE).first()
    found = {}
    for row in learnt:
        anchor = _anchor(last, model, row.counter)
        calibration = row.calibration().anchored_at(anchor)
        if calibration.can_predict:
            found[row.counter] = calibration
    return found


def _anchor(last: Comparison | None, model: str, counter: str) -> Anchor | None:
    """Another model or counter would have given other numbers."""
    if last is None or not last.is_anchor:
        return None
    if (last.model, last.counter) != (model, counter):
        return None
    return Anchor(last.counted.total, last.reported_tokens)


def unseen_before(session: LLMSession, event_id: str) -> int:
    """What the first of several alike calls was answered with."""
    sample = sample_of(session.pk, event_id)
    return sample.values_list("unattributed_tokens", flat=True).first() or 0

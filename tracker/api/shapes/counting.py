"""How a session's text is counted, and how far reports differ, in an answer."""

from __future__ import annotations

from typing import Annotated

from tracker.api.shapes.fields import (
    Answer,
    Time,
    Tokens,
    one_of,
    said,
)
from tracker.reading.sessions.counting import SessionCounting


class Calibration(Answer):
    """What reported usage has taught about a counter."""

    of: Annotated[str, said("The counter that it corrects.")]
    gain: Annotated[float, said("Reported tokens per counted token, of what is new.")]
    overhead_tokens: Annotated[
        Tokens, said("What reports hold that cannot be counted in the text.")
    ]
    error: Annotated[float | None, said("Of recent predictions; 0.01 is one percent.")]
    samples: Annotated[int, said("Reports it has learnt from.")]


class Counting(Answer):
    """How text of this session is counted."""

    method: Annotated[
        str, said("The policy's: estimated, counted or a tokenizer's name.")
    ]
    name: Annotated[str, said("A rule, an encoding or a tokenizer of your own.")]
    source: Annotated[str, one_of(("counted", "estimated"))]
    reason: Annotated[str | None, said("Why it is an estimate; null where nothing is.")]
    calibration: Calibration | None


class Divergence(Answer):
    """The last sample that was both counted and reported."""

    counted_tokens: Tokens
    reported_tokens: Tokens
    ratio: Annotated[float, said("Reported / counted.")]
    likely_cause: Annotated[str, said("A guess, in a sentence.")]
    at: Time


class ModelInfo(Answer):
    """What the catalogue knows of a model."""

    name: str
    window_tokens: int
    max_input_tokens: int | None
    max_output_tokens: int | None
    source: str
    as_of: Annotated[str, said("The day of the catalogue's snapshot.")]


def counting_in_answer(found: SessionCounting) -> Counting:
    learnt = found.calibration
    calibration = None
    if learnt is not None:
        calibration = Calibration(
            of=found.learnt_by,
            gain=round(learnt.gain, 4),
            overhead_tokens=learnt.overhead,
            error=None if learnt.error is None else round(learnt.error, 6),
            samples=learnt.samples,
        )
    return Counting.copied(found, calibration=calibration)


def divergence_in_answer(found: SessionCounting) -> Divergence | None:
    divergence, last = found.divergence, found.comparison
    if divergence is None or last is None:
        return None
    return Divergence(
        counted_tokens=last.counted.total,
        reported_tokens=last.reported_tokens,
        ratio=round(divergence.ratio, 6),
        likely_cause=divergence.likely_cause,
        at=last.at,
    )

"""What POST /usage answers: per report, and for a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracker.api.errors import ApiError
from tracker.api.intake.bodies import ReadReport
from tracker.domain.counting.counters import CountedBy, TokenCounter
from tracker.ingest.arrivals import Outcome, Rejection


def outcome_dict(
    outcome: Outcome, counter: TokenCounter | None = None
) -> dict[str, Any]:
    """`counter` is what counted text of the report here, if it brought any."""
    answer = {
        "session": outcome.session,
        "event_id": outcome.event_id,
        "duplicate": outcome.is_duplicate,
        "budget": outcome.budget.as_dict(),
        "events": [event.as_dict() for event in outcome.events],
    }
    if outcome.is_late:
        answer["late"] = True
    if counter is not None and not outcome.is_duplicate:
        answer["counting"] = CountedBy.of(counter).as_dict()
    return answer


def single_answer(
    read: ReadReport, answers: Sequence[Outcome | Rejection]
) -> tuple[int, dict[str, Any]]:
    """201, or 200 for a repeat. Raises what is wrong as ApiError."""
    if read.error is not None:
        raise ApiError(
            422, "invalid", read.error.message, field=read.error.field or None
        )
    answer = answers[0]
    if isinstance(answer, Rejection):
        raise rejected(answer)
    return (200 if answer.is_duplicate else 201), outcome_dict(answer, read.counter)


def rejected(answer: Rejection) -> ApiError:
    code = {401: "bad_key", 503: "failed"}.get(answer.status, "invalid")
    return ApiError(
        answer.status,
        code,
        answer.message,
        field=answer.field or None,
        retry_after=60 if answer.status == 503 else None,
    )


def batch_answer(
    reads: Sequence[ReadReport], answers: Sequence[Outcome | Rejection]
) -> tuple[int, dict[str, Any]]:
    """200, or 422 when not one report was good. Raises a 503 where none was stored
    and one of them may be when it is sent again.
    """
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    failed: Rejection | None = None
    duplicates = 0
    stored: Iterator[Outcome | Rejection] = iter(answers)
    for index, read in enumerate(reads):
        problem: Rejection | None
        if read.error is not None:
            problem = Rejection(read.error.field, read.error.message)
        else:
            answer = next(stored)
            if isinstance(answer, Outcome):
                duplicates += answer.is_duplicate
                results.append(outcome_dict(answer, read.counter))
                continue
            problem = answer
        if problem.status == 401:
            raise rejected(problem)
        if problem.status == 503:
            failed = failed or problem
        errors.append(_rejected_dict(index, problem))
    if failed is not None and not results:
        raise rejected(failed)
    answer_body = {
        "accepted": len(results) - duplicates,
        "duplicates": duplicates,
        "rejected": errors,
        "results": results,
    }
    return (200 if results else 422), answer_body


def _rejected_dict(index: int, problem: Rejection) -> dict[str, Any]:
    """`status` tells what breaks a rule (422) from what may be sent again (503)."""
    return {
        "index": index,
        "field": problem.field,
        "error": problem.message,
        "status": problem.status,
    }

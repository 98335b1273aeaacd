"""What POST /usage answers: for one report, and for a batch."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.api.errors import ApiError
from tracker.api.intake.bodies.of_reports import ReadReport
from tracker.api.shapes.usage import Batch, Recorded, RejectedReport
from tracker.ingest.arrivals import Outcome, Rejection

Answers = Sequence[Outcome | Rejection]


def single_answer(read: ReadReport, answers: Answers) -> tuple[int, Recorded]:
    """201, or 200 for a repeat. Raises ApiError for what was refused."""
    if read.error is not None:
        raise ApiError(
            422, "invalid", read.error.message, field=read.error.field or None
        )
    answer = answers[0]
    if isinstance(answer, Rejection):
        raise rejected(answer)
    return (200 if answer.is_duplicate else 201), _recorded(answer, read)


def _recorded(answer: Outcome, read: ReadReport) -> Recorded:
    how = read.counted
    if how is None:
        return Recorded.of(answer)
    return Recorded.of(answer, how.used, dialect=how.dialect, unread=how.unread)


def rejected(answer: Rejection) -> ApiError:
    code = {401: "bad_key", 503: "failed"}.get(answer.status, "invalid")
    return ApiError(
        answer.status,
        code,
        answer.message,
        field=answer.field or None,
        retry_after=60 if answer.status == 503 else None,
    )


def batch_answer(reads: Sequence[ReadReport], answers: Answers) -> tuple[int, Batch]:
    """200, or 422 when no report was good. `answers` are those of the readable ones.

    Raises ApiError 401 when the key was revoked meanwhile, and 503 when nothing was
    stored and a report may succeed when it is sent again.
    """
    results: list[Recorded] = []
    problems: list[tuple[int, Rejection]] = []
    stored = iter(answers)
    for index, read in enumerate(reads):
        answer: Outcome | Rejection
        if read.error is not None:
            answer = Rejection(read.error.field, read.error.message)
        else:
            answer = next(stored)
        if isinstance(answer, Outcome):
            results.append(_recorded(answer, read))
        elif answer.status == 401:
            raise rejected(answer)
        else:
            problems.append((index, answer))
    failed = [problem for _, problem in problems if problem.status == 503]
    if failed and not results:
        raise rejected(failed[0])
    duplicates = sum(result.duplicate for result in results)
    return (200 if results else 422), Batch(
        accepted=len(results) - duplicates,
        duplicates=duplicates,
        rejected=[RejectedReport.of(index, problem) for index, problem in problems],
        results=results,
    )

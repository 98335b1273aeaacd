"""Takes what `token-budget follow` reads in session files on other machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tracker.api.endpoint import endpoint, respond
from tracker.api.errors import ApiError
from tracker.api.intake.answers import rejected
from tracker.api.intake.bodies.waiting import turn_for_body
from tracker.api.keys.keyring import KeyGrant
from tracker.api.keys.rate_limit import rate_limiter
from tracker.api.shapes.usage import (
    RejectedReport,
    SessionFileProject,
    SessionFilesTaken,
)
from tracker.ingest.arrivals import Outcome, Rejection
from tracker.ingest.compressing.compress import look_back, record_together
from tracker.ingest.compressing.due_reviews import count_due, readied
from tracker.ingest.compressing.used_again import count_until_now
from tracker.models import Project
from tracker.sources.body_errors import BodyError
from tracker.sources.native import decode
from tracker.sources.session_reports import Told, read_told
from tracker.sources.transcripts.following.news import Continuation, FileDeleted
from tracker.upkeep.deleted_files import note_deleted

_array = msgspec.json.Decoder(list[msgspec.Raw])


@endpoint(GET="ingest", POST="ingest")
def session_files(request: HttpRequest, grant: KeyGrant) -> Any:
    """GET says where the key's reports go and what is kept there; POST stores some."""
    if request.method == "GET":
        project = Project.objects.get(pk=grant.project_id)
        due = count_due(project.pk)
        return SessionFileProject(project.slug, project.keep_messages, due)
    with turn_for_body(request):
        return _record(request, grant)


def _record(request: HttpRequest, grant: KeyGrant) -> HttpResponse:
    items = decode(request.body, _array)
    if not 0 < len(items) <= settings.USAGE_BATCH_REPORTS:
        most = settings.USAGE_BATCH_REPORTS
        raise ApiError(422, "invalid", f"send 1 to {most:,} reports in one request")
    rate_limiter.take(grant, len(items) - 1)  # one is taken for each request
    told, problems = _read(items)
    reports = {
        index: each
        for index, each in told
        if not isinstance(each, (Continuation, FileDeleted))
    }
    answers = record_together(
        project_id=grant.project_id,
        api_key_id=grant.key_id,
        reports=readied(list(reports.values()), grant.project_id),
    )
    for index, answer in zip(reports, answers, strict=True):
        if isinstance(answer, Rejection):
            if answer.status == 401:  # revoked after the check: nothing was stored
                raise rejected(answer)
            problems[index] = answer
    for _, each in told:
        if isinstance(each, FileDeleted):
            note_deleted(project_id=grant.project_id, session=each.session, at=each.at)
    stored = [answer for answer in answers if isinstance(answer, Outcome)]
    duplicates = sum(answer.is_duplicate for answer in stored)
    taken = SessionFilesTaken(
        accepted=len(items) - len(problems) - duplicates,
        duplicates=duplicates,
        rejected=[RejectedReport.of(i, p) for i, p in sorted(problems.items())],
        reviews_due=count_due(grant.project_id),
    )
    continued = [each for _, each in told if isinstance(each, Continuation)]

    def afterwards() -> None:
        look_back(answers)
        for each in continued:
            count_until_now(
                project_id=grant.project_id,
                session=each.session,
                lane=each.lane,
                messages=each.messages,
            )

    return respond(200, taken, afterwards=afterwards)


def _read(
    items: Sequence[msgspec.Raw],
) -> tuple[list[tuple[int, Told]], dict[int, Rejection]]:
    """The good ones and what is wrong with the others, each by its place."""
    told: list[tuple[int, Told]] = []
    problems: dict[int, Rejection] = {}
    for index, item in enumerate(items):
        try:
            told.append((index, read_told(item)))
        except BodyError as error:
            problems[index] = Rejection(error.field, error.message)
    return told, problems

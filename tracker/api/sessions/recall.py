"""GET /sessions/{session}/recall: what compressions replaced, searched."""

from __future__ import annotations

from django.http import HttpRequest

from tracker.api import queries
from tracker.api.endpoint import endpoint, find_session
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes.compressions import Passage, Recalled
from tracker.ingest.compressing.compress import originals_of
from tracker.models import LLMSession
from tracker.sources.body_errors import BodyError
from tracker.workers.jobs.recall import find_passages
from tracker.workers.pool import run_in_worker

TOKENS, MOST_TOKENS = 500, 20_000
MOST_CHARACTERS = 2_000


@endpoint(GET="read")
def recall(request: HttpRequest, grant: KeyGrant, *, key: str) -> Recalled:
    queries.check_names(request, "q", "tokens", "lane")
    session = find_session(grant, key)
    budget = queries.integer(request, "tokens", default=TOKENS, most=MOST_TOKENS)
    question = request.GET.get("q", "")
    return recalled(session, question, budget, request.GET.get("lane", "main"))


def recalled(
    session: LLMSession,
    question: str,
    budget_tokens: int,
    lane: str = "main",
    *,
    asked_as: str = "q",
) -> Recalled:
    """The passages that answer best. Raises BodyError for a question of no length, with
    the name that it was asked by.
    """
    question = question.strip()
    if not question or len(question) > MOST_CHARACTERS:
        raise BodyError(asked_as, f"must have 1 to {MOST_CHARACTERS:,} characters")
    befores = originals_of(session.pk, lane)
    found = (
        run_in_worker(find_passages, befores, question, budget_tokens)
        if befores
        else []
    )
    return Recalled(
        session=session.key,
        results=[Passage.copied(passage) for passage in found],
        tokens=sum(passage.tokens for passage in found),
        is_kept=bool(befores),
    )

"""The three tools: how full a session is, what was compressed away, what was lost.

They answer JSON without spaces: what an agent reads fills its window.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from tracker.api.endpoint import find_session
from tracker.api.errors import ApiError
from tracker.api.keys.keyring import KeyGrant
from tracker.api.sessions.recall import MOST_CHARACTERS, MOST_TOKENS, TOKENS, recalled
from tracker.api.shapes.budget import Parts
from tracker.api.shapes.compressions import Recalled
from tracker.api.shapes.sessions import Forecast, judged
from tracker.domain.reports import MAIN_LANE
from tracker.models import Compression, CompressionText, LLMSession
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.history import forecast_for

ACTIVE = timedelta(minutes=15)
NAMED_SESSIONS = 5
MOST_FACTS = 50
_SESSION = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "description": "The session's name. May be left out while one session is active.",
}
_LANE = {
    "type": "string",
    "maxLength": 255,
    "description": "A sub-agent's lane; the main agent's where it is left out.",
}


class ContextBudget(Struct):
    """How full a session's window is. `forecast` is null while too little is known."""

    session: str
    model: str
    used_tokens: int
    available_tokens: int
    used_percent: str
    level: str
    parts: Parts
    compression_count: int
    forecast: Forecast | None
    warning: str | None


class LostFact(Struct):
    """`message` is its number in what was compressed, from 1."""

    kind: str
    text: str
    message: int


class Lost(Struct):
    """What the last compression dropped: `facts` are the first 50 of `facts_lost`.
    `is_known` is false where nothing was compressed, or its messages were not known.
    """

    session: str
    is_known: bool
    at: datetime | None = None
    before_tokens: int | None = None
    after_tokens: int | None = None
    score: float | None = None
    facts_kept: int | None = None
    facts_lost: int | None = None
    facts: list[LostFact] = []


class Tool(Struct):
    """`schema` is JSON Schema: the SDK refuses arguments that do not fit it."""

    name: str
    description: str
    schema: dict[str, Any]
    answer: Callable[..., Any]


def context_budget(grant: KeyGrant, session: str = "") -> ContextBudget:
    found = session_meant(grant, session)
    effective = present_policies().policy_for(found.project_id, found.model, found.pk)
    status = judged(found, found).as_dict()
    return ContextBudget(
        session=found.key,
        model=found.model,
        used_tokens=status["used_tokens"],
        available_tokens=status["available_tokens"],
        used_percent=status["used_percent"],
        level=status["level"],
        parts=Parts(**status["parts"]),
        compression_count=found.compression_count,
        forecast=Forecast.of(forecast_for(found, effective)),
        warning=status["warning"],
    )


def recall(
    grant: KeyGrant,
    query: str,
    session: str = "",
    tokens: int = TOKENS,
    lane: str = MAIN_LANE,
) -> Recalled:
    found = session_meant(grant, session)
    return recalled(found, query, tokens, lane or MAIN_LANE, asked_as="query")


def lost(grant: KeyGrant, session: str = "", lane: str = MAIN_LANE) -> Lost:
    found = session_meant(grant, session)
    rows = Compression.objects.filter(
        session=found, lane=lane or MAIN_LANE, is_advice=False, refused_at=None
    )
    row = rows.order_by("-at", "-pk").first()
    if row is None:
        return Lost(found.key, is_known=False)
    text = CompressionText.objects.filter(compression=row).first()
    facts = ((text.analysis or {}).get("facts") or ()) if text is not None else ()
    dropped = [fact for fact in facts if not fact["is_kept"]]
    return Lost(
        session=found.key,
        is_known=row.facts_lost is not None,
        at=row.at,
        before_tokens=row.before_tokens,
        after_tokens=row.after_tokens,
        score=row.score,
        facts_kept=row.facts_kept,
        facts_lost=row.facts_lost,
        facts=[
            LostFact(fact["kind"], fact["text"], fact["message"] + 1)
            for fact in dropped[:MOST_FACTS]
        ],
    )


def session_meant(grant: KeyGrant, name: str) -> LLMSession:
    """The named one, or the only one of the key's project that is active.

    Raises ApiError 404; with the newest names where several are active, so that an
    agent asks again and never reads another one's numbers for its own.
    """
    if name:
        return find_session(grant, name)
    active = LLMSession.objects.filter(
        project_id=grant.project_id, last_at__gte=datetime.now(UTC) - ACTIVE
    )
    found = list(active.order_by("-last_at")[: NAMED_SESSIONS + 1])
    if len(found) == 1:
        return found[0]
    if not found:
        raise ApiError(404, "not_found", "no session is active: give `session`")
    names = ", ".join(f"{row.key} ({row.model})" for row in found[:NAMED_SESSIONS])
    raise ApiError(404, "not_found", f"several sessions are active: {names}")


def _schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TOOLS = (
    Tool(
        "context_budget",
        "How full this conversation's context window is, what fills it, and in how "
        "many turns it reaches each threshold.",
        _schema(session=_SESSION),
        context_budget,
    ),
    Tool(
        "recall",
        "Passages of earlier messages that were compressed away, found by words, with "
        "the numbers of their messages.",
        _schema(
            "query",
            query={"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
            session=_SESSION,
            tokens={"type": "integer", "minimum": 1, "maximum": MOST_TOKENS},
            lane=_LANE,
        ),
        recall,
    ),
    Tool(
        "lost",
        "Facts of the earlier messages that the last compression did not keep.",
        _schema(session=_SESSION, lane=_LANE),
        lost,
    ),
)

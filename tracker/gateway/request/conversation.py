"""Which session and which lane a call belongs to."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from tracker.api.intake.http import Headers, header
from tracker.domain.lanes import agent_lane
from tracker.domain.providers.model_names import bare_name
from tracker.domain.reports import MAIN_LANE
from tracker.gateway.request.body import Outline, digest
from tracker.sources.session_keys import valid_session

REMEMBERED = 10_000
# Ids that clients send with each call of a session, the surest first.
_SESSION_HEADERS = (
    b"x-token-budget-session",
    b"x-claude-code-session-id",
    b"session_id",  # Codex
    b"session-id",
)
_CLAIMS = ("user_id", "prompt_cache_key", "conversation")


@dataclass(frozen=True, slots=True)
class Conversation:
    """`is_named`: its client says which session it is."""

    session: str
    lane: str
    is_named: bool


@dataclass(slots=True)
class _Lanes:
    """The lanes of one session: by the digest of their first user message, and what
    the main agent looks like.
    """

    by_opening: dict[str, str] = field(default_factory=dict)
    main_role: str = ""
    has_tools: bool = False


class Conversations:
    """Remembers the lanes of sessions, and which answer belongs to which session.

    Holds at most REMEMBERED of each, the newest. After a restart the first call with
    tools is taken for the session's main agent.
    """

    def __init__(self) -> None:
        self._lanes: OrderedDict[tuple[int, str], _Lanes] = OrderedDict()
        self._answers: OrderedDict[tuple[int, str], Conversation] = OrderedDict()

    def of(
        self, project_id: int, key_id: int, outline: Outline, headers: Headers
    ) -> Conversation:
        previous = outline.claimed.get("previous_response_id", "")
        known = self._answers.get((project_id, previous)) if previous else None
        if known is not None:
            return known
        session = _claimed_session(outline, headers)
        lane = valid_session(header(headers, b"x-token-budget-lane"))
        if not session:
            # One conversation of a program that names none: its first user message
            # stays the same from turn to turn.
            family = bare_name(outline.model).rsplit("-", 1)[0]
            said = f"{key_id}\0{family}\0{previous or outline.opening}"
            return Conversation(digest(said.encode()), lane or MAIN_LANE, False)
        return Conversation(
            session, lane or self._lane(project_id, session, outline), True
        )

    def note_answer(
        self, project_id: int, response_id: str, conversation: Conversation
    ) -> None:
        """A later call may name its conversation by this answer alone."""
        self._answers[project_id, response_id] = conversation
        _trim(self._answers)

    def _lane(self, project_id: int, session: str, outline: Outline) -> str:
        """The main lane for the first agent that has tools, and for what looks like it:
        after a client's own compaction its first message is another. All others, such
        as sub-agents and requests for a title, get lanes of their own.
        """
        key = (project_id, session)
        lanes = self._lanes.setdefault(key, _Lanes())
        self._lanes.move_to_end(key)
        _trim(self._lanes)
        known = lanes.by_opening.get(outline.opening)
        if known is None:
            takes_over = outline.has_tools and not lanes.has_tools
            is_main = (
                not lanes.main_role or takes_over or outline.role == lanes.main_role
            )
            if takes_over:
                lanes.by_opening.clear()
            known = MAIN_LANE if is_main else agent_lane(outline.opening[:8])
            if len(lanes.by_opening) >= REMEMBERED:
                lanes.by_opening.clear()
            lanes.by_opening[outline.opening] = known
        if known == MAIN_LANE:
            lanes.main_role, lanes.has_tools = outline.role, outline.has_tools
        return known

    def forget_all(self) -> None:
        self._lanes.clear()
        self._answers.clear()


def _claimed_session(outline: Outline, headers: Headers) -> str:
    for name in _SESSION_HEADERS:
        found = valid_session(header(headers, name))
        if found:
            return found
    claims = (valid_session(outline.claimed.get(name, "")) for name in _CLAIMS)
    return next(filter(None, claims), "")


def _trim(held: OrderedDict[tuple[int, str], Any]) -> None:
    while len(held) > REMEMBERED:
        held.popitem(last=False)


conversations = Conversations()

"""Answers a call in its provider's stead once a hard budget is spent."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.utils import timezone

from tracker.alerts.stopping import note_stop
from tracker.api.errors import ApiError
from tracker.api.intake.threads import in_store_thread
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.dialects.relayed_items import GEMINI
from tracker.domain.spend.stops import Spent, Stop, has_stops, stop_of
from tracker.gateway.asking import take_error
from tracker.gateway.record import records
from tracker.gateway.request.shapes import ANTHROPIC
from tracker.gateway.turn.turn import Turn
from tracker.models import GatewayCall
from tracker.reading.spend.spent import month_sums, spent_of

# Anthropic's "payment required". The others have none: Codex would try 402 five times
# again, and OpenAI's own 429 is tried again by its SDKs.
PAYMENT, BAD_REQUEST = 402, 400
# Clients of Anthropic and OpenAI look at this one first.
HEADERS = [(b"content-type", b"application/json"), (b"x-should-retry", b"false")]
STORE_SECONDS = 1.0
REMEMBERED = 10_000
logger = logging.getLogger(__name__)


class Stops:
    """Whether calls are stopped. A sum that the database does not give in time is the
    last that it gave: then the call passes where that was below the limit.
    """

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[int, str], Spent] = OrderedDict()
        self._told: OrderedDict[tuple[Any, ...], None] = OrderedDict()
        self._months: dict[int, asyncio.Future[Any]] = {}  # a project's first sum

    async def of(self, turn: Turn) -> Stop | None:
        policy = turn.judged.policy
        if not has_stops(policy):
            return None
        key = (turn.project_id, turn.conversation.session)
        asked = asyncio.ensure_future(self._spent(*key, policy))
        try:
            spent: Spent = await asyncio.wait_for(asyncio.shield(asked), STORE_SECONDS)
        except (ApiError, TimeoutError) as error:
            asked.add_done_callback(take_error)
            logger.warning("What a session has spent is not known: %s", error)
            spent = self._last.get(key, Spent())
        _keep(self._last, key, spent)
        return stop_of(policy, spent)

    async def _spent(
        self, project_id: int, session: str, policy: BudgetPolicy
    ) -> Spent:
        if policy.gateway_month_dollars:
            await self._month(project_id)
        found: Spent = await in_store_thread(spent_of, project_id, session, policy)
        return found

    async def _month(self, project_id: int) -> None:
        """Have the month summed once for all calls that come meanwhile: each would hold
        one of the few threads that also look up other projects' keys.
        """
        now = timezone.now()
        if month_sums.knows(project_id, now):
            return
        summing = self._months.get(project_id)
        if summing is None:
            summing = asyncio.ensure_future(
                in_store_thread(month_sums.of, project_id, now)
            )
            self._months[project_id] = summing
            summing.add_done_callback(lambda _: self._months.pop(project_id, None))
            summing.add_done_callback(take_error)
        await asyncio.shield(summing)

    def tell(self, turn: Turn, stop: Stop) -> None:
        """To who waits for it, once for each session and limit."""
        whose = "" if stop.is_of_month else turn.conversation.session
        key = (turn.project_id, whose, stop.name, stop.limit)
        if key in self._told:
            return
        _keep(self._told, key, None)
        session, model = turn.conversation.session, turn.outline.model
        now = datetime.now(UTC)
        records.do(lambda: note_stop(turn.project_id, session, model, stop, now))

    def forget_all(self) -> None:
        self._last.clear()
        self._told.clear()
        self._months.clear()


def _keep(held: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    held[key] = value
    held.move_to_end(key)
    while len(held) > REMEMBERED:
        held.popitem(last=False)


stops = Stops()


def stopped(turn: Turn, stop: Stop, row: GatewayCall | None) -> None:
    """Note that the call is not sent."""
    turn.action = "stopped"
    if row is not None:
        row.session_id, row.sent_bytes = stop.session_id, 0
    stops.tell(turn, stop)


def status_of(turn: Turn) -> int:
    return PAYMENT if turn.outline.shape == ANTHROPIC else BAD_REQUEST


def refusal(turn: Turn, stop: Stop) -> bytes:
    """The error's body, as the call's provider writes its own."""
    return msgspec.json.encode(_refusal(turn.outline.shape, _message(turn, stop)))


def socket_refusal(turn: Turn, stop: Stop) -> str:
    """The same as an event of a socket of Responses."""
    said = _refusal(turn.outline.shape, _message(turn, stop))
    return msgspec.json.encode(
        {"type": "error", "status": status_of(turn)} | said
    ).decode()


def _message(turn: Turn, stop: Stop) -> str:
    policy = turn.judged.policy.name
    session = visible(turn.conversation.session)[:120]
    if stop.is_of_month:
        whose, instead = "this month of the project", "wait for the next month"
    else:
        whose, instead = f"session {session}", "start a new session"
    return (
        f"Token Budget stopped this call: {whose} {stop.said}, the limit of the policy "
        f"{visible(policy)}. Nothing was sent to the provider. Raise the limit in the "
        f"policy, or {instead}."
    )


def _refusal(shape: str, message: str) -> dict[str, Any]:
    if shape == ANTHROPIC:
        error = {"type": "billing_error", "message": message}
        return {"type": "error", "error": error}
    if shape == GEMINI:
        status = "FAILED_PRECONDITION"
        return {"error": {"code": BAD_REQUEST, "message": message, "status": status}}
    kind = "insufficient_quota"
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}

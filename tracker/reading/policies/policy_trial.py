"""Replays stored history under a changed policy and under the saved one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from tracker.domain.budget.backtest import (
    Backtest,
    SessionComparison,
    SessionHistory,
    compare,
    sum_up,
)
from tracker.domain.budget.replay import Rule, rule_of
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy
from tracker.models.sessions import LLMSession
from tracker.models.settings.policies import Policy, policy_book
from tracker.reading.policies.stored_histories import (
    Context,
    StoredHistory,
    stored_histories,
)


class Superseded(Exception):
    """Nobody waits for this trial any longer."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two sets of policies. A rule is looked up once per project and
    context.
    """

    book: PolicyBook
    own: ScopedPolicy | None  # the edited policy, as it is in this set
    rules: dict[tuple[int, Context, int | None], Rule | None]

    def rule(self, project_id: int, context: Context, session: int) -> Rule | None:
        own = self.own is not None and self.own.session_id == session
        key = (project_id, context, session if own else None)
        if key not in self.rules:
            self.rules[key] = self._rule(project_id, context, session)
        return self.rules[key]

    def _rule(self, project_id: int, context: Context, session: int) -> Rule | None:
        effective = self.book.policy_for(project_id, context.model, session)
        window = context.reported_window
        if not window:
            named = self.book.policy_for(project_id, context.window_model, session)
            window = named.window_tokens
        return rule_of(effective.policy, window)

    def applies_to(self, history: StoredHistory) -> bool:
        own = self.own
        return own is not None and any(
            own.matches(history.project_id, context.model, history.session_id)
            for context in history.contexts
        )


def try_policy(
    edited: Policy,
    sessions: QuerySet[LLMSession],
    *,
    since: datetime | None,
    progress: Callable[[int], None] = lambda _: None,
) -> Backtest:
    """Replay the sessions that `edited`, a saved policy or a new one, applies to.

    `progress` gets the number of observations read so far, and may raise Superseded.
    """
    stored = list(Policy.objects.all())
    before = next((p for p in stored if p.pk == edited.pk), None)
    others = [p for p in stored if p.pk != edited.pk]
    saved = _side(stored, before)
    tried = _side([*others, edited], edited)
    if since is not None:
        sessions = sessions.filter(last_at__gte=since)
    return sum_up(_compared(saved, tried, sessions, since, progress))


def affected_sessions(
    sessions: QuerySet[LLMSession], edited: Policy
) -> QuerySet[LLMSession]:
    """The sessions of the policy's scope, as far as a query can tell."""
    if edited.session_id:
        return sessions.filter(pk=edited.session_id)
    if edited.project_id:
        return sessions.filter(project=edited.project_id)
    return sessions


def _side(policies: Sequence[Policy], own: Policy | None) -> _Side:
    return _Side(policy_book(policies), own.as_scoped() if own else None, {})


def _compared(
    saved: _Side,
    tried: _Side,
    sessions: QuerySet[LLMSession],
    since: datetime | None,
    progress: Callable[[int], None],
) -> Iterable[SessionComparison]:
    read = 0
    for history in stored_histories(sessions, since=since):
        read += len(history.observations)
        progress(read)
        if not saved.applies_to(history) and not tried.applies_to(history):
            continue
        where = (history.project_id, history.session_id)
        yield compare(
            SessionHistory(
                history.session_id, history.observations, history.counted_from
            ),
            saved=[saved.rule(where[0], c, where[1]) for c in history.contexts],
            tried=[tried.rule(where[0], c, where[1]) for c in history.contexts],
        )

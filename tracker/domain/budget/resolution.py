"""Which policy applies to a session: field by field, the most specific that sets it.

Order: session, project + model, project, model, default. Among model patterns that
match, the longest is the more specific.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Protocol

from tracker.domain.budget.policy import BudgetPolicy, Limits, PolicyError
from tracker.domain.budget.status import (
    CLIENT_TABLE,
    SAID_WINDOWS,
    BudgetStatus,
    evaluate,
)
from tracker.domain.reports import Parts

FIELDS = tuple(f.name for f in fields(BudgetPolicy) if f.name != "name")
SCOPES = ("default", "model", "project", "project_model", "session")


@dataclass(frozen=True, slots=True)
class ScopedPolicy:
    """One policy as stored: where it applies, and the fields it sets."""

    name: str
    scope: str
    overrides: Mapping[str, object]
    project_id: int | None = None
    model_pattern: str = ""
    session_id: int | None = None

    def matches(self, project_id: int, model: str, session_id: int | None) -> bool:
        if self.session_id is not None:
            return self.session_id == session_id
        if self.project_id is not None and self.project_id != project_id:
            return False
        if not self.model_pattern:
            return True
        return fnmatchcase(model.lower(), self.model_pattern.lower())

    @property
    def specificity(self) -> tuple[int, int, str]:
        return SCOPES.index(self.scope), len(self.model_pattern), self.name


class Occupancy(Protocol):
    """The present numbers of a session or lane from which its budget is judged."""

    used_tokens: int
    window_tokens: int
    window_source: str
    message_count: int | None
    source: str

    @property
    def parts(self) -> Parts: ...


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """The policy that applies to a session. `origins` names the policy that set each
    field.

    `problem` says why a more specific policy was left out, else "".
    """

    policy: BudgetPolicy
    origins: Mapping[str, str]
    window_tokens: int
    window_source: str  # "policy" | "catalogue" | "default"
    problem: str = ""

    def limits_for(self, window_tokens: int | None) -> Limits:
        """Limits for a reported window, or for this policy's own. PolicyError."""
        return self.policy.limits(window_tokens or self.window_tokens)

    def window_for(self, window_tokens: int, source: str) -> tuple[int, str]:
        """A stored window and its source; or the policy's own, where its reserve leaves
        nothing of the stored one: no edit may make a page fail.
        """
        try:
            self.policy.limits(window_tokens)
        except PolicyError:
            return self.window_tokens, self.window_source
        return window_tokens, source

    def present_window(self, window_tokens: int, source: str) -> tuple[int, str]:
        """The window of a stored gauge under this policy, after it was changed: what
        was told stays; a guess of the client's table gives way to a policy's own.
        """
        is_guess = source == CLIENT_TABLE and self.window_source != "policy"
        if source in SAID_WINDOWS or is_guess:
            return window_tokens, source
        return self.window_tokens, self.window_source

    def judge(self, occupancy: Occupancy) -> BudgetStatus:
        """Present numbers judged anew: what pages, API and sockets show. The window
        stays the one the last report was judged with, if it still can.
        """
        window, source = self.window_for(
            occupancy.window_tokens, occupancy.window_source
        )
        return evaluate(
            self.policy,
            occupancy.used_tokens,
            window_tokens=window,
            window_source=source,
            parts=occupancy.parts,
            message_count=occupancy.message_count,
            source=occupancy.source,
        )


def resolve(
    matching: Iterable[ScopedPolicy], *, catalogue_window: int | None = None
) -> EffectivePolicy:
    """Combine the policies that match. A combination that contradicts itself loses
    its most specific member until it holds: judging never fails for an edit.
    """
    ordered = sorted(matching, key=lambda scoped: scoped.specificity)
    problem = ""
    while True:
        try:
            return _combine(ordered, catalogue_window, problem)
        except PolicyError as error:
            if not ordered:
                return _combine([], None, f"{problem} {error.message}".strip())
            left_out = ordered.pop()
            problem = f"The policy {left_out.name} is ignored: {error.message}"


def _combine(
    ordered: list[ScopedPolicy], catalogue_window: int | None, problem: str
) -> EffectivePolicy:
    values: dict[str, object] = {}
    origins = dict.fromkeys(FIELDS, "built-in default")
    window_source = "default"
    for scoped in ordered:
        for name, value in scoped.overrides.items():
            values[name] = value
            origins[name] = scoped.name
            if name == "window_tokens" and scoped.scope != "default":
                window_source = "policy"
    name = ordered[-1].name if ordered else "default"
    policy = BudgetPolicy(name=name, **values)  # type: ignore[arg-type]  # checked on save
    window = policy.window_tokens
    if window_source == "default" and catalogue_window is not None:
        window, window_source = catalogue_window, "catalogue"
    policy.limits(window)  # refuse here, not while judging
    return EffectivePolicy(policy, origins, window, window_source, problem)


class PolicyBook:
    """All policies of one moment, with the combinations already resolved.

    `window_of` returns a model's window in tokens from the catalogue, or None.
    """

    def __init__(
        self,
        scoped: Iterable[ScopedPolicy] = (),
        *,
        window_of: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self._scoped = tuple(scoped)
        self._with_session: set[int] = {
            s.session_id for s in self._scoped if s.session_id
        }
        self._window_of = window_of
        self._resolved: dict[tuple[int, str, int | None], EffectivePolicy] = {}
        self._limits: dict[tuple[int, int], Limits] = {}

    @property
    def has_session_policies(self) -> bool:
        """Whether any policy is for one session only."""
        return bool(self._with_session)

    @property
    def with_policies(self) -> set[int]:
        """Ids of the sessions that have policies of their own."""
        return self._with_session

    def policy_for(
        self, project_id: int, model: str, session_id: int | None = None
    ) -> EffectivePolicy:
        """The policy that judges this session when it uses this model."""
        own = session_id if session_id in self._with_session else None
        key = (project_id, model, own)
        found = self._resolved.get(key)
        if found is None:
            matching = [s for s in self._scoped if s.matches(project_id, model, own)]
            found = resolve(
                matching, catalogue_window=self._window_of(model) if model else None
            )
            if len(self._resolved) > 10_000:  # model names come from outside
                self._resolved.clear()
                self._limits.clear()
            self._resolved[key] = found
        return found

    def limits_for(self, effective: EffectivePolicy, window_tokens: int) -> Limits:
        """`effective.limits_for` of a policy of this book, by identity: hashing a
        policy costs as much as judging by it. Raises PolicyError.
        """
        key = (id(effective), window_tokens)
        found = self._limits.get(key)
        if found is None:
            if len(self._limits) > 10_000:  # windows come from outside
                self._limits.clear()
            found = self._limits[key] = effective.limits_for(window_tokens)
        return found

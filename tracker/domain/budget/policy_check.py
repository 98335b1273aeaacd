"""Does an edited policy hold, alone and with every policy it will be combined with?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tracker.domain.budget.policy import BudgetPolicy, PolicyError
from tracker.domain.budget.resolution import ScopedPolicy

# session id -> (project id, model): where a session's own policy stands
Homes = Mapping[int, tuple[int, str]]
# The fields with which each one can contradict itself.
PARTNERS = {
    "warning": ("compress",),
    "compress": ("critical",),
    "target": ("compress",),
    "keep_first": ("keep_last", "message_limit"),
    "reserved_tokens": ("window_tokens",),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` is BudgetPolicy's name of what to change."""

    field: str
    message: str


def problem_of(
    edited: ScopedPolicy,
    others: Sequence[ScopedPolicy],
    *,
    homes: Homes,
    window_of: Callable[[str], int | None] = lambda _: None,
) -> Problem | None:
    """The first combination with the edited policy that contradicts itself, or None.

    A combination that contradicts itself without the edited policy, too, is ignored.
    """
    for project_id, model, session_id in _situations(edited, others, homes):
        matching = [o for o in others if o.matches(project_id, model, session_id)]
        window = window_of(model) if model else None
        found = _combination([*matching, edited], window)
        if found is None or _combination(matching, window) is not None:
            continue
        names = _partners(edited, matching, found.field)
        beside = f" (combined with the policy {names})" if names else ""
        return Problem(_own_field(edited, found.field), found.message + beside)
    return None


def _situations(
    edited: ScopedPolicy, others: Sequence[ScopedPolicy], homes: Homes
) -> Iterable[tuple[int, str, int | None]]:
    """(project, model, session) for each way in which policies can meet."""
    if edited.session_id is not None:
        yield *homes.get(edited.session_id, (0, "")), edited.session_id
        return
    known = {o.project_id for o in others if o.project_id} | {0}
    projects = {edited.project_id} if edited.project_id else known
    models = {_sample(o.model_pattern) for o in (*others, edited)} | {""}
    for project_id, model in product(sorted(projects), sorted(models)):
        if edited.matches(project_id, model, None):
            yield project_id, model, None
    for other in others:
        if other.session_id is None or other.session_id not in homes:
            continue
        project_id, model = homes[other.session_id]
        if edited.matches(project_id, model, None):
            yield project_id, model, other.session_id


def _sample(pattern: str) -> str:
    """A model name the pattern matches, as plain as can be."""
    return pattern.replace("*", "").replace("?", "x").replace("[", "").replace("]", "")


def _combination(
    scoped: Sequence[ScopedPolicy], window: int | None
) -> PolicyError | None:
    values: dict[str, object] = {}
    sets_window = False
    for policy in sorted(scoped, key=lambda p: p.specificity):
        values.update(policy.overrides)
        sets_window |= "window_tokens" in policy.overrides and policy.scope != "default"
    try:
        combined = BudgetPolicy(**values)  # type: ignore[arg-type]  # checked by the form
        if window is not None and not sets_window:
            combined.limits(window)
    except PolicyError as error:
        return error
    return None


def _partners(
    edited: ScopedPolicy, matching: Sequence[ScopedPolicy], field: str
) -> str:
    """The other policies involved: those that set a field this one leaves open."""
    involved = (field, *PARTNERS.get(field, ()))
    names = [
        p.name
        for p in matching
        if any(f in p.overrides and f not in edited.overrides for f in involved)
    ]
    return ", ".join(f"“{name}”" for name in names)


def _own_field(edited: ScopedPolicy, field: str) -> str:
    """The field of the edited policy that takes part in the contradiction."""
    involved = (field, *PARTNERS.get(field, ()))
    return next((f for f in involved if f in edited.overrides), field)

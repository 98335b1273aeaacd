"""Gauges around each threshold, judged anew by changed policies, and by Python.

`python -m tests.services.judged_gauges` prints on PostgreSQL what differs.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import django

SHOWN = (
    "window_tokens", "window_source", "available_tokens", "policy_name", "used_ratio",
    "level",
)  # fmt: skip
# Around 70, 80, 85, 95 and 100 % of 196,000 and of 190,000, and of a small window.
USED = sorted(
    {0, 10**12}
    | {
        available * percent // 100 + more
        for available in (196_000, 190_000, 6_000)
        for percent in (70, 80, 85, 95, 100)
        for more in (-1, 0, 1)
    }
)
WINDOWS = (
    (200_000, "default"), (10_000, "report"), (10_000, "client_table"),
    (1_000_000, "catalogue"),
)  # fmt: skip
MODELS = ("", "small-1", "my-model")


def main() -> None:
    django.setup()
    from tracker.changes.access.api_keys import create_project

    project, _ = create_project(slug="judged", name="Judged")
    print(json.dumps(differences(project)))


def differences(project: Any) -> dict[str, list[Any]]:
    """By the change of policies: gauges that are not what Python makes of them, and
    counts of the project that are not those of its rows.
    """
    from tracker.changes.policies.rejudge import rejudge_sessions
    from tracker.models import ConfigVersion, LLMSession, Policy

    _fill(project)
    default = Policy.objects.get(name="default")
    own = LLMSession.objects.get(key="my-model report 3")
    small = Policy(name="small", model_pattern="small-*", warning_percent=Decimal(50))
    of_one = Policy(name="of one", session=own, compress_percent=Decimal(81))
    found = {}
    for name, policy, values in (
        ("threshold", default, {"warning_percent": Decimal(70)}),
        ("reserve", default, {"reserved_tokens": 10_000}),
        ("of a model", small, {}),
        ("of a session", of_one, {"critical_percent": Decimal(90)}),
        ("target", default, {"target_percent": Decimal(40)}),
        ("no more of a session", of_one, None),
    ):
        scopes = [policy.as_scoped()] if policy.pk or values is None else []
        before = _gauges()
        if values is None:
            policy.delete()
        else:
            for field, value in values.items():
                setattr(policy, field, value)
            policy.save()
            scopes.append(policy.as_scoped())
        ConfigVersion.bump()
        count = rejudge_sessions(scopes)
        found[name] = _wrong(before, scopes, count) + _miscounted(project)
    return found


def _fill(project: Any) -> None:
    from django.utils import timezone

    from tracker.domain.budget.status import LEVELS
    from tracker.models import LLMSession, Project, SessionLane
    from tracker.models.settings.policies import load_policy_book

    book = load_policy_book()
    now, sessions, lanes = timezone.now(), [], []
    for model in MODELS:
        for window, source in WINDOWS:
            for number, used in enumerate(USED):
                gauge = {
                    "model": model, "used_tokens": used, "window_tokens": window,
                    "window_source": source, "message_count": number % 5 or None,
                    "available_tokens": window - 4_000,
                }  # fmt: skip
                row = LLMSession(
                    project=project, key=f"{model} {source} {number}", created_at=now,
                    changed_us=1, **gauge,
                )  # fmt: skip
                sessions.append(row)
                if number % 3 == 0:
                    lanes.append((row, gauge | {"used_tokens": USED[-1 - number]}))
    for row in sessions:
        # As the last report left it, mostly: what needs no writing is to stay.
        expected = _judged(row, project.pk, 0, book)
        for name, value in zip(SHOWN, expected or (), strict=False):
            setattr(row, name, value)
    LLMSession.objects.bulk_create(sessions)
    SessionLane.objects.bulk_create(
        [
            SessionLane(session=row, project_id=project.pk, name="agent", **gauge)
            for row, gauge in lanes
        ]
    )
    levels = Counter(row.level for row in sessions)
    counts = {f"{level}_count": levels[level] for level in LEVELS}
    Project.objects.filter(pk=project.pk).update(**counts)


def _judged(row: Any, project: int, session: int, book: Any) -> tuple[Any, ...] | None:
    """What its columns are to say; None where the policies do not fit its window."""
    from tracker.domain.budget.policy import PolicyError
    from tracker.domain.budget.status import level_of

    effective = book.policy_for(project, row.model, session)
    window, source = effective.present_window(row.window_tokens, row.window_source)
    try:
        limits = effective.limits_for(window)
    except PolicyError:
        return None
    return (
        limits.window_tokens, source, limits.available_tokens, effective.policy.name,
        row.used_tokens / limits.available_tokens, level_of(row.used_tokens, limits),
    )  # fmt: skip


def _gauges() -> dict[tuple[str, int], Any]:
    from tracker.models import LLMSession, SessionLane

    return {
        (model.__name__, row.pk): row
        for model in (LLMSession, SessionLane)
        for row in model._default_manager.select_related()
    }


def _wrong(before: dict[Any, Any], scopes: Any, count: int) -> list[Any]:
    from tracker.models.settings.policies import load_policy_book

    book, after = load_policy_book(), _gauges()
    targets = {scope.overrides.get("target") for scope in scopes}
    has_moved = len(targets | ({None} if len(scopes) == 1 else set())) > 1
    told: set[int] = set()
    wrong: list[Any] = []
    for key, row in before.items():
        session = getattr(row, "session_id", row.pk)
        project = row.project_id
        shown = tuple(getattr(row, name) for name in SHOWN)
        expected = _judged(row, project, session, book)
        if not any(scope.matches(project, row.model, session) for scope in scopes):
            expected = None
        if expected is not None and (
            has_moved or expected != shown or row.level != "ok" or row.message_count
        ):
            told.add(session)
        found = tuple(getattr(after[key], name) for name in SHOWN)
        if found != (expected or shown):
            wrong.append([str(key), str(shown), str(found), str(expected)])
    marked = {
        pk
        for (model, pk), row in after.items()
        if model == "LLMSession" and row.changed_us != before[model, pk].changed_us
    }
    if marked != told or count != len(told):
        wrong.append(["told", len(told), len(marked), count])
    return wrong


def _miscounted(project: Any) -> list[Any]:
    from tracker.domain.budget.status import LEVELS
    from tracker.models import LLMSession

    project.refresh_from_db()
    levels = Counter(LLMSession.objects.values_list("level", flat=True))
    counts = {level: getattr(project, f"{level}_count") for level in LEVELS}
    right = {level: levels[level] for level in LEVELS}
    return [] if counts == right else [["counts", counts, right]]


if __name__ == "__main__":
    main()

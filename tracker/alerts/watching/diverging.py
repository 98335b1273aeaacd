"""Rules that wait for counted tokens to differ from what the provider reports."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase

from tracker.alerts.watching.putting_out import message_of
from tracker.domain.alerts import NEWS_FOR
from tracker.domain.reports import MAIN_LANE
from tracker.models import AlertDelivery, AlertRule, Comparison
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.counting import counting_of

NEWEST = 200  # requests of a project that are looked at


def note_diverging(now: datetime) -> int:
    """Put out one message per rule, model and day (UTC); how many. A model whose
    tokens are counted wrong differs in each of its sessions: one tells it.
    """
    rows = []
    for rule in AlertRule.objects.filter(kind="diverging", is_on=True):
        before = AlertDelivery.objects.filter(rule=rule, about__startswith="diverging")
        told = set(before.values_list("about", flat=True))
        for last in _newest(rule, now):
            about = f"diverging {now:%Y-%m-%d} {last.model}"[:100]
            if about not in told and (row := _row(rule, last, about, now)):
                told.add(about)
                rows.append(row)
    AlertDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _newest(rule: AlertRule, now: datetime) -> list[Comparison]:
    """The last requests of main lanes that were counted and reported, of the rule's
    models and metadata.
    """
    news = Comparison.objects.filter(
        project_id=rule.project_id, lane=MAIN_LANE, at__gte=now - NEWS_FOR
    )
    pattern, key = rule.model_pattern.lower(), rule.metadata_key
    return [
        last
        for last in news.select_related("session").order_by("-at")[:NEWEST]
        if (not pattern or fnmatchcase(last.model.lower(), pattern))
        and (not key or str(last.session.metadata.get(key, "")) == rule.metadata_value)
    ]


def _row(
    rule: AlertRule, last: Comparison, about: str, now: datetime
) -> AlertDelivery | None:
    """None where the two agree within 10 %."""
    if last.divergence(is_calibrated=False) is None:
        return None  # as most do: the cause is not looked for
    session = last.session
    effective = present_policies().policy_for(
        session.project_id, session.model, session.pk
    )
    found = counting_of(session, effective).divergence
    if found is None:
        return None
    return message_of(
        rule,
        now,
        about=about,
        title=f"{last.model or 'An unnamed model'}: {found.ratio:.2f} times as "
        "many tokens were reported as counted",
        text=found.likely_cause,
        at=last.at,
        session=session.key,
        session_title=session.title,
        page=["session", session.pk],
    )

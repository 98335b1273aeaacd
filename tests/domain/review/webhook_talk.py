"""A conversation about webhooks, as a client's own compaction left it."""

from __future__ import annotations

from tests.domain.small_talk import assistant, calls, result, user
from tracker.domain.review.retention import review_compression

BEFORE = [
    user("Webhooks reach customers twice. Never change the public payload."),
    assistant("I will look into worker/delivery.py for the cause."),
    calls("a"),
    result("a", "celery_app.py:48: task_acks_late = True"),
    assistant("We decided to use the delivery id as idempotency key, TTL is 72 hours."),
    user("Go on, and log the key at INFO."),
]

SUMMARY = (
    "Duplicate webhooks: cause is task_acks_late in celery_app.py:48.\n"
    "Decided: delivery id is the idempotency key.\n"
    "Nothing else was said about lighthouses."
)


def client_review(summary=SUMMARY, **changes):
    after = [user(summary), BEFORE[-1]]
    return review_compression(BEFORE, after, **changes)

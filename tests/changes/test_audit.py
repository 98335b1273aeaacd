"""The audit log: who, what, whence; and never a secret."""

from __future__ import annotations

from typing import Any


def entries() -> list[tuple[str, str, str]]:
    from tracker.models import AuditEntry

    rows = AuditEntry.objects.order_by("pk")
    return [(e.action, e.actor, e.address) for e in rows]


def test_logins_are_noted_right_wrong_and_ended(
    db: None, client: Any, django_user_model: Any
) -> None:
    django_user_model.objects.create_user("bob", password="a long password")

    client.post("/login/", {"username": "bob", "password": "wrong"})
    client.post("/login/", {"username": "bob", "password": "a long password"})
    client.post("/logout/")

    assert entries() == [
        ("login_failed", "bob", "127.0.0.1"),
        ("login", "bob", "127.0.0.1"),
        ("logout", "bob", "127.0.0.1"),
    ]


def test_a_login_link_is_a_login(db: None, client: Any, django_user_model: Any) -> None:
    from tracker.changes.access.login_links import create_login_link

    user = django_user_model.objects.create_user("bob")
    client.post(f"/login/link/{create_login_link(user)}/")

    assert entries() == [("login", "bob", "127.0.0.1")]


def test_keys_made_and_revoked_are_noted_without_the_key(project: Any) -> None:
    from tracker.changes.access.api_keys import create_api_key, revoke_api_key
    from tracker.changes.request_context import leave
    from tracker.models import AuditEntry

    leave()
    row, key = create_api_key(project=project, name="ci", scopes=("read",))
    revoke_api_key(row)

    assert [action for action, _, _ in entries()] == ["key_created", "key_revoked"]
    made = AuditEntry.objects.get(action="key_created")
    assert made.actor == "command line" and made.detail == "read"
    assert key not in str(list(AuditEntry.objects.values()))


async def test_a_review_by_key_names_the_key(
    api: Any, in_db: Any, project: Any
) -> None:
    from tracker.models import AuditEntry

    made = await api.post(
        "/sessions/s/compressions", {"before_tokens": 9, "after_tokens": 5}
    )
    pk = made.json()["compression"]["id"]
    body = {"review": "flagged", "note": "private words"}
    answer = await api.post(
        f"/compressions/{pk}/review", body, headers={"X-Request-Id": "req-1"}
    )

    assert answer.headers["x-request-id"] == "req-1"
    entry = await in_db(AuditEntry.objects.filter(action="review").get)
    assert entry.actor == f"key {api.key[:8]}…"
    assert entry.target == f"compression {pk}"
    assert entry.detail == "Review: pending → flagged"
    assert entry.request_id == "req-1"


def test_who_is_no_user_and_text_no_store_takes_are_noted_all_the_same(
    db: None,
) -> None:
    from tracker.changes.audit import audit

    entry = audit("login_failed", actor="x\0" * 300, target="t" * 999)

    entry.refresh_from_db()
    assert len(entry.actor) <= 200 and "\0" not in entry.actor
    assert len(entry.target) == 300

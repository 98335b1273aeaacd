"""The sockets' addresses: with which code each closes, and who is told of what."""

from __future__ import annotations

GREETED, NOT_ALLOWED, NOT_FOUND = 0, 4003, 4004
SOCKETS: dict[str, tuple[str, dict[str, tuple[int, bool]]]] = {
    "ws/overview/": (
        "/ws/overview/?after=0",
        {
            "anonymous": (NOT_ALLOWED, False),
            "stranger": (GREETED, False),
            "viewer": (GREETED, True),
            "reviewer": (GREETED, True),
            "admin": (GREETED, True),
            "superuser": (GREETED, True),
            "key": (GREETED, True),
            "wrong_scope": (NOT_ALLOWED, False),
            "revoked": (NOT_ALLOWED, False),
            "other_key": (GREETED, False),
        },
    ),
    "ws/sessions/<int:pk>/": (
        "/ws/sessions/{session}/?after=0",
        {
            "anonymous": (NOT_ALLOWED, False),
            "stranger": (NOT_FOUND, False),
            "viewer": (GREETED, True),
            "reviewer": (GREETED, True),
            "admin": (GREETED, True),
            "superuser": (GREETED, True),
            "key": (GREETED, True),
            "wrong_scope": (NOT_ALLOWED, False),
            "revoked": (NOT_ALLOWED, False),
            "other_key": (NOT_FOUND, False),
        },
    ),
}

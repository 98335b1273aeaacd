"""The sockets' addresses: with which code each closes, and who is told of what."""

from __future__ import annotations

GREETED, NOT_ALLOWED, NOT_FOUND = 0, 4003, 4004
Answers = dict[str, tuple[int, bool]]


def _answers(*, of_others: int) -> Answers:
    """`of_others`: what those get who may read, but nothing of this project."""
    told = ("viewer", "reviewer", "admin", "superuser", "key")
    refused = ("anonymous", "wrong_scope", "revoked")
    return {
        **dict.fromkeys(told, (GREETED, True)),
        **dict.fromkeys(refused, (NOT_ALLOWED, False)),
        **dict.fromkeys(("stranger", "other_key"), (of_others, False)),
    }


SOCKETS: dict[str, tuple[str, Answers]] = {
    "ws/overview/": ("/ws/overview/?after=0", _answers(of_others=GREETED)),
    "ws/sessions/<int:pk>/": (
        "/ws/sessions/{session}/?after=0",
        _answers(of_others=NOT_FOUND),
    ),
}

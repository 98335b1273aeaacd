"""One session, `chat`, whose text is sent to be counted."""

from __future__ import annotations

from typing import Any

MODEL = "claude-sonnet-4-5"
TEXT = "The quick brown fox jumps over the lazy dog. " * 70  # 3,150 characters


def talk(messages: int) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": TEXT} for n in range(messages)]


async def send(api: Any, **body: Any) -> dict[str, Any]:
    response = await api.post("/usage", {"session": "chat", "model": MODEL} | body)
    assert response.status_code == 201, response.text
    return dict(response.json()["budget"])


async def fetch(api: Any) -> dict[str, Any]:
    return dict((await api.get("/sessions/chat")).json())


def policy(**fields: Any) -> Any:
    """For `in_db`: a policy, valid from now on."""
    from tracker.models import ConfigVersion, Policy
    from tracker.reading.policies.policy_shelf import forget_policies

    def make() -> None:
        Policy.objects.create(name="own", **fields)
        ConfigVersion.bump()
        forget_policies()

    return make

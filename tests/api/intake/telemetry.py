"""One model call as an exporter sends it, and what became of it."""

from __future__ import annotations

from typing import Any

PROTOBUF = {"Content-Type": "application/x-protobuf"}

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 10,
}
UNNAMED = {k: v for k, v in CALL.items() if k != "gen_ai.response.id"}


async def send(api: Any, path: str, body: bytes, **headers: str) -> Any:
    """To the root of the site: exporters add /v1/traces to an address of theirs."""
    return await api.client.post(
        path,
        content=body,
        headers=PROTOBUF | {"Authorization": f"Bearer {api.key}"} | headers,
    )


async def stored(in_db: Any) -> list[tuple[str, int]]:
    from tracker.models import UsageSample

    return await in_db(
        lambda: list(
            UsageSample.objects.order_by("pk").values_list(
                "session__key", "used_tokens"
            )
        )
    )


def activity_row() -> Any:
    from tracker.ingest.door.source_activity import activity
    from tracker.models import SourceActivity

    activity.write()
    return SourceActivity.objects.get()

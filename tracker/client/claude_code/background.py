"""Reports from a process of its own, which outlives the command Claude Code started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tracker.client.config import Config
from tracker.client.json_bodies import to_json

POST_SECONDS = 3.0
USAGE_SECONDS = 60.0  # enough to send what an outage left on disk
COMPACTION_WAITS = (0.0, 2.0, 8.0)  # seconds before each try


def start(kind: str, data: Any) -> None:
    """Deliver `data` without waiting for it: Claude Code waits for, and kills, the
    command that it started.
    """
    command = [sys.executable, "-m", "tracker.client.cli", "deliver", kind]
    nothing = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(data).encode())
        process.stdin.close()
    except OSError:
        return


def deliver(kind: str, data: Any) -> bool:
    """Whether the server has stored it. `kind` is `usage` or `compaction`."""
    config = Config.of()
    if kind == "usage":
        return _deliver_usage(config, data)
    return _deliver_compaction(config, data)


def _deliver_usage(config: Config, report: Any) -> bool:
    """What the server does not take waits on disk for the next status line."""
    from tracker.client.sending.sender import Sender
    from tracker.client.sending.spool import Spool
    from tracker.client.sending.transport import Transport

    sender = Sender(Transport(config), Spool(config.spool_folder))
    sender.submit(lambda: report)
    is_stored = sender.flush(USAGE_SECONDS)
    sender.close()
    return is_stored


def _deliver_compaction(config: Config, hook: Mapping[str, Any]) -> bool:
    from tracker.client.claude_code.compaction_hook import (
        compression_body,
        wait_for_boundary,
    )

    seen = wait_for_boundary(Path(str(hook.get("transcript_path") or "")))
    body = compression_body(hook, seen) if seen else None
    if body is None:
        return False
    session = quote(str(hook["session_id"]), safe="")
    url = config.api(f"sessions/{session}/compressions")
    for wait in COMPACTION_WAITS:
        time.sleep(wait)
        if (is_stored := _post(config, url, body)) is not None:
            return is_stored
    return False


def _post(config: Config, url: str, body: dict[str, Any]) -> bool | None:
    """Whether it is stored; None if a later try may succeed. Its `event_id` makes
    another try harmless.
    """
    import httpx

    try:
        answer = httpx.post(
            url, headers=config.headers, content=to_json(body), timeout=POST_SECONDS
        )
    except httpx.HTTPError:
        return None
    if answer.status_code == 429 or answer.is_server_error:
        return None
    return answer.is_success

"""Session files as Claude Code writes them: as many megabytes as asked for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.text_samples import ENGLISH, LOGS, PYTHON

BEGAN = datetime(2026, 9, 1, tzinfo=UTC)
TURNS = 120
WORDS = f"{ENGLISH} {PYTHON} {LOGS}".split(" ")
COMPACTED_EVERY = 12  # sessions; 92 of 391 real files held a compaction
DAY = 86_400


def write_files(folder: Path, megabytes: int) -> int:
    """Below `folder/projects`, all a day old; answers how many requests they hold."""
    random = Random(7)
    size = requests = number = 0
    while size < megabytes * 1_000_000:
        project = folder / "projects" / f"project-{number % 20}"
        project.mkdir(parents=True, exist_ok=True)
        path = project / f"session-{number}.jsonl"
        lines = list(_session(number, random))
        path.write_bytes(b"".join(map(_line, lines)))
        os.utime(path, (time.time() - DAY, time.time() - DAY))
        size += path.stat().st_size
        requests += TURNS
        number += 1
    return requests


def _line(line: dict[str, Any]) -> bytes:
    """Without blanks, as Claude Code writes: ccusage finds no others."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _session(number: int, random: Random) -> Iterator[dict[str, Any]]:
    used = 20_000
    for turn in range(TURNS):
        name = f"{number}-{turn}"
        at = BEGAN + timedelta(minutes=number * 200 + turn)
        base = {
            "sessionId": f"session-{number}",
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            "cwd": f"/src/project-{number % 20}",
            "gitBranch": "main",
            "version": "2.1.0",
        }
        if turn == TURNS // 2 and number % COMPACTED_EVERY == 0:
            yield {
                **base,
                "type": "system",
                "subtype": "compact_boundary",
                "uuid": f"b{name}",
                "compactMetadata": {"trigger": "auto", "preTokens": used},
            }
            used = 20_000
            summary = _text(random, 300)
            yield _said(base, f"s{name}", "user", summary, isCompactSummary=True)
        words = random.choice((20, 60, 400))
        yield _said(base, f"u{name}", "user", _text(random, words))
        used += random.randint(300, 2_500)
        usage = {
            "input_tokens": 4,
            "cache_creation_input_tokens": 1_200,
            "cache_read_input_tokens": used,
            "output_tokens": 300,
        }
        blocks: list[dict[str, Any]] = [
            {"type": "text", "text": _text(random, 60)},
            {
                "type": "tool_use",
                "id": f"toolu_{name}",
                "name": "Edit",
                "input": {"file_path": f"/src/{turn}.py", "text": _text(random, 90)},
            },
        ]
        for part, block in enumerate(blocks):  # one line for each block
            message = {
                "id": f"msg_{name}",
                "role": "assistant",
                "model": "claude-sonnet-4-5",
                "content": [block],
                "usage": usage,
            }
            yield {
                **base,
                "type": "assistant",
                "uuid": f"a{name}-{part}",
                "requestId": f"req_{name}",
                "message": message,
            }
        yield _said(base, f"t{name}", "user", _result(name, random))


def _result(name: str, random: Random) -> list[dict[str, Any]]:
    """Of a tool: most of what real files hold."""
    text = _text(random, random.choice((100, 600, 4_000)))
    return [{"type": "tool_result", "tool_use_id": f"toolu_{name}", "content": text}]


def _said(
    base: dict[str, Any], name: str, role: str, content: Any, **fields: Any
) -> dict[str, Any]:
    message = {"role": role, "content": content}
    return {**base, **fields, "type": role, "uuid": name, "message": message}


def _text(random: Random, words: int) -> str:
    return " ".join(random.choices(WORDS, k=words))

"""The shape of every JSON answer of the API: names, their order, types and nulls.

`answers_on_the_wire.json` holds the shapes as first recorded. A program that reads
answers breaks when a name goes or a number becomes a text, so such a change must be
meant. To record a change: delete the file, run this test once, read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("answers_on_the_wire.json")
TALK = [
    {
        "role": "user" if n % 2 == 0 else "assistant",
        "content": f"Step {n}: /srv/app/part_{n}.py fails with E{1000 + n}.",
    }
    for n in range(24)
]
AT = "2020-01-0{}T10:00:00Z"


def counted(turn: int) -> dict[str, Any]:
    return {
        "session": "c",
        "model": "claude-sonnet-4-5",
        "event_id": f"c{turn}",
        "at": AT.format(turn),
        "messages": TALK[: 2 * turn],
        "usage": {"input_tokens": 30_000 * turn, "output_tokens": 9},
        "metadata": {"team": "search"},
    }


def sample(turn: int, used: int, **more: Any) -> dict[str, Any]:
    body = {"session": "s", "event_id": f"s{turn}", "at": AT.format(turn)}
    return body | {"tokens": {"history": used}} | more


MOVED = {"before_tokens": 180_000, "after_tokens": 40_000, "event_id": "x"}
# (method, address, body)
CALLS: list[tuple[str, str, Any]] = [
    ("POST", "/usage", sample(2, 190_000, title="A", message_count=30)),
    ("POST", "/usage", sample(2, 190_000)),
    ("POST", "/usage", sample(1, 5)),
    ("POST", "/usage", sample(3, 163_000, lane="helper", model="gpt-4o")),
    ("POST", "/usage", [sample(4, 10), sample(4, 10), {}]),
    ("POST", "/usage", [{}]),
    ("POST", "/usage", {}),
    ("POST", "/usage", b"{"),
    ("GET", "/usage", None),
    *(("POST", "/usage", counted(turn)) for turn in (1, 2, 3)),
    ("POST", "/sessions/s/compressions", MOVED),
    ("POST", "/sessions/s/compressions", MOVED),
    (
        "POST",
        "/sessions/s/compressions",
        {"before": TALK, "after": TALK[:3], "summary": "x", "event_id": "y"},
    ),
    ("POST", "/sessions/s/compressions", {}),
    ("POST", "/sessions/o/optimize", {"messages": TALK[:3], "dry_run": True}),
    ("POST", "/sessions/o/optimize", {"messages": TALK, "event_id": "o"}),
    ("POST", "/sessions/o/optimize", {"messages": TALK, "event_id": "o"}),
    ("POST", "/sessions/o/optimize", {"messages": [1]}),
    ("GET", "/sessions?limit=1&order=fullest", None),
    ("GET", "/sessions/s", None),
    ("GET", "/sessions/c", None),
    ("GET", "/sessions/none", None),
    ("GET", "/sessions/s/usage", None),
    ("GET", "/sessions/s/events", None),
    ("GET", "/sessions/s/compressions", None),
    ("GET", "/events?after=0&limit=1", None),
    ("GET", "/compressions?limit=1", None),
    ("GET", "/nothing", None),
    ("POST", "/sources/litellm", []),
    ("GET", "/sources/session-files", None),
    ("POST", "/sources/session-files", [{"kind": "note"}]),
    ("POST", "/sources/litellm", {"colour": 1}),
]


def shape(value: Any) -> Any:
    """`{"a": [1, 2]}` -> `{"a": ["integer"]}`; a list keeps each shape once."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        shapes = [shape(item) for item in value]
        return [s for n, s in enumerate(shapes) if s not in shapes[:n]]
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", type(None): None}
    return names[type(value)]


async def test_every_answer_has_the_shape_that_was_recorded(api: Any) -> None:
    seen = []
    for method, address, body in CALLS:
        if method == "GET":
            response = await api.get(address)
        else:
            response = await api.post(address, body)
        seen.append(
            {
                "call": f"{method} {address}",
                "status": response.status_code,
                "type": response.headers["content-type"],
                "answer": shape(response.json()),
            }
        )
    first = (await api.get("/compressions?session=s")).json()["results"][0]["id"]
    response = await api.post(f"/compressions/{first}/review", {"review": "accepted"})
    seen.append({"call": "review", "answer": shape(response.json())})

    if not RECORDED.exists():
        RECORDED.write_text(json.dumps(seen, indent=1, ensure_ascii=False) + "\n")
    recorded = json.loads(RECORDED.read_text("utf-8"))
    # As text, because the order of names counts.
    for was, found in zip(recorded, seen, strict=True):
        assert json.dumps(found) == json.dumps(was), found["call"]

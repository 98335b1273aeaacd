"""GET /api/v1/sessions/{session}/composition."""

from __future__ import annotations

from typing import Any


def read(number: int, path: str) -> list[dict[str, Any]]:
    call = {"type": "tool_use", "id": f"t{number}", "name": "Read",
            "input": {"file_path": path}}  # fmt: skip
    text = [{"type": "tool_result", "tool_use_id": f"t{number}", "content": "x" * 700}]
    return [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": text},
    ]


BODY = {
    "session": "s",
    "event_id": "second",
    "at": "2026-11-22T10:01:00Z",
    "system": "Be brief",
    "messages": [
        {"role": "user", "content": "Fix the retry"},
        *read(1, "src/app.py"),
        *read(2, "src/app.py"),
    ],
    "tools": [{"name": "Read"}, {"name": "mcp__db__query"}],
    "usage": {"input_tokens": 5_000},
}


async def test_it_names_what_fills_the_window(api: Any, report: Any) -> None:
    await report("s", 1_000, at="2026-11-22T10:00:00Z", event_id="first")
    await api.post("/usage", BODY)

    body = (await api.get("/sessions/s/composition")).json()

    assert (body["lane"], body["used_tokens"], body["reason"]) == ("main", 5_000, None)
    assert sum(kind["tokens"] for kind in body["kinds"]) == 5_000
    (file,) = body["files"]
    assert (file["file"], file["times"]) == ("src/app.py", 2)
    (repeat,) = body["repeats"]
    assert (repeat["file"], repeat["lines"], repeat["times"]) == ("src/app.py", "", 2)
    assert [tool["name"] for tool in body["unused_tools"]] == ["mcp__db__query"]
    assert [each["name"] for each in body["servers"]] == ["db"]
    assert body["largest"][0]["label"] == "Read src/app.py"
    assert body["advice"][0]["tokens"] == repeat["spare_tokens"]
    newest, first = body["turns"]
    assert (newest["change"], first["change"]) == (4_000, None)
    assert newest["added"][0]["label"] == "Read src/app.py"
    assert first["added"] == body["compressions"] == []


async def test_where_numbers_alone_are_known_it_says_why(api: Any, report: Any) -> None:
    await report("s", 1_000, tokens={"system": 300, "history": 700})

    body = (await api.get("/sessions/s/composition?turns=1")).json()

    assert body["at"] is None
    assert body["reason"].startswith("Its reports bring numbers only.")
    assert body["kinds"] == [
        {"kind": "conversation", "tokens": 700},
        {"kind": "system_prompt", "tokens": 300},
    ]
    assert body["largest"] == body["tools"] == []


async def test_before_a_compression_it_is_kept(
    api: Any, in_db: Any, project: Any
) -> None:
    from datetime import UTC, datetime

    from tracker.domain.composition.filling import Filling
    from tracker.domain.reports import CompressionReport
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder

    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    packed = Filling(cells={"history\nuser_text\n\n": 1}).packed()
    cut = CompressionReport("s", 90, 9, at=at, composition=packed)
    await in_db(lambda: Recorder().record([Arrival(project.pk, cut, at)]))

    (found,) = (await api.get("/sessions/s/composition")).json()["compressions"]

    assert (found["used_tokens"], found["kinds"]) == (
        90,
        [{"kind": "user_text", "tokens": 90}],
    )


async def test_what_is_not_known_is_refused(api: Any, report: Any) -> None:
    await report("s", 1_000)

    assert (await api.get("/sessions/none/composition")).status_code == 404
    for query in ("turns=0", "turns=501", "turns=x", "wrong=1"):
        assert (await api.get(f"/sessions/s/composition?{query}")).status_code == 422
    lane = (await api.get("/sessions/s/composition?lane=none")).json()
    assert (lane["used_tokens"], lane["kinds"]) == (0, [])

"""POST usage with messages: what fills the window is stored with it."""

from __future__ import annotations

from typing import Any

READ = {"type": "tool_use", "id": "t1", "name": "Read", "input": {"file_path": "a.py"}}
MESSAGES = [
    {"role": "user", "content": "Fix the retry"},
    {"role": "assistant", "content": [READ]},
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x" * 400}],
    },
]
TOOLS = [{"name": "Read"}, {"name": "Never"}]


async def test_messages_are_named_by_kind_tool_and_file(api: Any, in_db: Any) -> None:
    from tracker.domain.composition.composition import Composition
    from tracker.models import LaneComposition, UsageSample

    body = {"session": "s", "messages": MESSAGES, "tools": TOOLS, "system": "Be brief"}
    sent = await api.post("/usage", {**body, "usage": {"input_tokens": 5_000}})

    assert sent.status_code == 201
    row = await in_db(LaneComposition.objects.get)
    found = Composition.read(row.packed, row.parts)
    assert found.parts.total == 5_000
    assert [file.name for file in found.files] == ["a.py"]
    assert [tool.name for tool in found.unused] == ["Never"]
    assert found.largest[0].label == "Read a.py"
    sample = await in_db(UsageSample.objects.get)
    assert [line.split("\t")[2] for line in sample.added.split("\n")] == [
        "Read a.py",
        "Read a.py",
    ]


async def test_numbers_alone_tell_nothing_of_it(api: Any, in_db: Any) -> None:
    from tracker.models import LaneComposition, UsageSample

    sent = await api.post("/usage", {"session": "s", "usage": {"input_tokens": 5}})

    assert sent.status_code == 201
    assert not await in_db(LaneComposition.objects.exists)
    assert (await in_db(UsageSample.objects.get)).added == ""

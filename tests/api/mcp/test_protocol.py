"""What the SDK speaks for us: the tools' list, bad arguments, faults of ours."""

from __future__ import annotations

from typing import Any

import pytest


async def test_three_tools_are_listed(agent: Any, key: str) -> None:
    async with agent(key) as session:
        listed = (await session.list_tools()).tools

    assert [tool.name for tool in listed] == ["context_budget", "recall", "lost"]
    assert listed[1].inputSchema["required"] == ["query"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("recall", {}),
        ("recall", {"query": ""}),
        ("recall", {"query": "   "}),
        ("recall", {"query": "a" * 2_001}),
        ("recall", {"query": "a", "tokens": 20_001}),
        ("lost", {"session": 5}),
        ("lost", {"project": "other"}),
        ("lost", {"lane": "a\0"}),
        ("forget", {}),
    ],
)
async def test_bad_arguments_are_an_error_the_agent_reads(
    agent: Any, key: str, report: Any, name: str, arguments: dict[str, Any]
) -> None:
    await report("mine", 5)

    async with agent(key) as session:
        answer = await session.call_tool(name, arguments)

    assert answer.isError
    assert answer.content[0].text


async def test_a_fault_of_ours_tells_nothing_of_itself(
    agent: Any, key: str, report: Any, monkeypatch: Any, caplog: Any
) -> None:
    from tracker.api.mcp import tools

    def fail(*_: Any) -> None:
        raise RuntimeError("of a path on this machine")

    await report("mine", 5)
    monkeypatch.setattr(tools, "session_meant", fail)

    async with agent(key) as session:
        answer = await session.call_tool("lost", {"session": "mine"})

    assert (answer.isError, answer.content[0].text) == (True, "the server failed")
    assert "The tool lost failed" in caplog.text

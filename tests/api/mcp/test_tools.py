"""The tools: of the named session or the only active one, of the key's project."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import LONG_TALK


@pytest.fixture
async def compressed(api: Any) -> None:
    body = {"messages": LONG_TALK, "force": True}
    assert (await api.post("/sessions/s/optimize", body)).status_code == 201


async def test_an_agent_sees_how_full_it_is(
    agent: Any, key: str, told: Any, report: Any, api: Any
) -> None:
    for turn in range(12):
        at = f"2026-11-22T10:{turn:02}:00Z"
        await report("mine", 100_000 + turn * 4_000, at=at)

    async with agent(key) as session:
        found = told(await session.call_tool("context_budget", {"session": "mine"}))

    row = (await api.get("/sessions/mine")).json()
    budget = row["budget"]
    assert found["session"] == "mine"
    for name in ("used_tokens", "available_tokens", "used_percent", "level", "parts"):
        assert found[name] == budget[name]
    assert found["forecast"] == row["forecast"]
    assert found["forecast"]["thresholds"]


@pytest.mark.usefixtures("compressed")
async def test_an_agent_reads_what_was_compressed_away(
    agent: Any, key: str, told: Any, api: Any
) -> None:
    asked = {"query": "why did E1011 fail?", "tokens": 200}

    async with agent(key) as session:
        found = told(await session.call_tool("recall", asked))

    rest = await api.get("/sessions/s/recall?q=why+did+E1011+fail%3F&tokens=200")
    assert found == rest.json()
    assert found["results"][0]["number"] == 12


async def test_an_agent_sees_what_the_last_compression_dropped(
    agent: Any, key: str, told: Any, api: Any
) -> None:
    body = {"before": LONG_TALK, "after": LONG_TALK[20:]}
    assert (await api.post("/sessions/s/compressions", body)).status_code == 201

    async with agent(key) as session:
        found = told(await session.call_tool("lost", {"session": "s"}))

    row = (await api.get("/sessions/s/compressions")).json()["results"][0]
    detail = (await api.get(f"/compressions/{row['id']}")).json()
    dropped = [fact for fact in detail["facts"] if not fact["is_kept"]]
    assert found["is_known"]
    assert found["facts_lost"] == row["facts_lost"] == len(dropped) > 0
    assert found["facts"][0]["text"] == dropped[0]["text"]
    said = LONG_TALK[found["facts"][0]["message"] - 1]["content"]
    assert found["facts"][0]["text"] in said


async def test_nothing_is_lost_where_nothing_was_compressed(
    agent: Any, key: str, told: Any, report: Any
) -> None:
    await report("mine", 5)

    async with agent(key) as session:
        found = told(await session.call_tool("lost"))

    assert (found["session"], found["is_known"]) == ("mine", False)
    assert found["facts"] == []


@pytest.mark.usefixtures("compressed")
async def test_a_blank_question_is_named_as_the_tool_names_it(
    agent: Any, key: str
) -> None:
    async with agent(key) as session:
        answer = await session.call_tool("recall", {"session": "s", "query": " "})

    assert answer.isError
    assert answer.content[0].text.startswith("query: must have 1 to ")


async def test_an_unnamed_session_is_no_guess(
    agent: Any, key: str, report: Any
) -> None:
    async with agent(key) as session:
        none = await session.call_tool("context_budget")
        await report("one", 5)
        await report("two", 5)
        both = await session.call_tool("context_budget")

    assert none.isError and "no session is active" in none.content[0].text
    assert both.isError and "one" in both.content[0].text
    assert "two" in both.content[0].text


@pytest.mark.usefixtures("compressed")
async def test_another_projects_sessions_do_not_exist(
    agent: Any, stranger_key: str
) -> None:
    async with agent(stranger_key) as session:
        answers = [
            await session.call_tool("context_budget", {"session": "s"}),
            await session.call_tool("recall", {"session": "s", "query": "E1011"}),
            await session.call_tool("lost", {"session": "s"}),
            await session.call_tool("context_budget"),
        ]

    assert [answer.isError for answer in answers] == [True] * 4
    assert "E1011" not in str(answers)

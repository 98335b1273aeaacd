"""Calls find their session and their lane by what clients send already."""

from __future__ import annotations

import json
from typing import Any

from tests.gateway.bodies import anthropic, chat, gemini, responses
from tracker.domain.reports import MAIN_LANE
from tracker.gateway.request.body import Outline, read_body
from tracker.gateway.request.conversation import Conversation, Conversations

UUID = "7c0e5a52-9c1f-4a3e-8b57-0d6f2f1f9a11"


def read(body: dict[str, Any], shape: str = "anthropic", path: str = "") -> Outline:
    return read_body(shape, path, json.dumps(body).encode(), {}).outline


def of(
    body: dict[str, Any],
    headers: dict[bytes, bytes] | None = None,
    known: Conversations | None = None,
    shape: str = "anthropic",
) -> Conversation:
    return (known or Conversations()).of(1, 1, read(body, shape), headers or {})


def test_the_surest_name_wins() -> None:
    user_id = json.dumps({"device_id": "d", "session_id": UUID})
    body = anthropic(metadata={"user_id": user_id})
    claude = {b"x-claude-code-session-id": b"of-header"}

    assert of(body).session == UUID
    assert of(body, claude).session == "of-header"
    own = {**claude, b"x-token-budget-session": b"mine"}
    assert of(body, own).session == "mine"


def test_older_and_other_clients_are_understood() -> None:
    old = anthropic(metadata={"user_id": f"user_ab_account__session_{UUID}"})
    person = anthropic(metadata={"user_id": "user-17"})

    assert of(old).session == UUID
    assert not of(person).is_named
    codex = responses(prompt_cache_key=UUID)
    assert of(codex, shape="responses").session == UUID
    assert of(codex, {b"session_id": b"thread"}, shape="responses").session == "thread"
    talk = responses(conversation={"id": "conv_1"})
    assert of(talk, shape="responses").session == "conv_1"


def test_without_a_name_the_first_message_and_the_key_tell_sessions_apart() -> None:
    first, later = of(chat(1), shape="chat"), of(chat(5), shape="chat")
    other = chat(1)
    other["messages"][1]["content"] = "Another question"

    assert first == later
    assert of(other, shape="chat").session != first.session
    known = Conversations()
    assert known.of(1, 2, read(chat(1), "chat"), {}).session != first.session
    newer = of(chat(1, model="claude-sonnet-4-5"), shape="chat")
    assert newer.session != first.session
    assert of(gemini(), shape="gemini").session


def test_an_answers_id_continues_its_conversation() -> None:
    known = Conversations()
    first = of(responses(0), known=known, shape="responses")
    known.note_answer(1, "resp_1", first)
    body = {"model": "gpt-5", "input": "go on", "previous_response_id": "resp_1"}

    assert of(body, known=known, shape="responses") == first
    stranger = known.of(2, 1, read(body, "responses"), {})
    assert stranger.session != first.session


def named(body: dict[str, Any], known: Conversations) -> str:
    return of(body, {b"x-claude-code-session-id": b"s"}, known).lane


def agent(opening: str, *, tool: str = "read", turns: int = 1) -> dict[str, Any]:
    body = anthropic(turns)
    body["messages"][0]["content"][0]["text"] = opening
    body["tools"][0]["name"] = tool
    return body


def test_sub_agents_and_titles_have_lanes_of_their_own() -> None:
    known = Conversations()
    title = agent("Write a title", turns=0)
    del title["tools"]

    assert named(title, known) == MAIN_LANE  # nothing else is known yet
    assert named(agent("Fix it"), known) == MAIN_LANE
    assert named(agent("Fix it", turns=4), known) == MAIN_LANE
    first = named(agent("Explore a", tool="grep"), known)
    second = named(agent("Explore b", tool="grep"), known)
    assert first.startswith("agent-") and second.startswith("agent-")
    assert first != second
    assert named(agent("Explore a", tool="grep", turns=3), known) == first
    assert named(title, known) not in (MAIN_LANE, first, second)
    assert named(agent("Fix it", turns=5), known) == MAIN_LANE


def test_after_a_clients_own_compaction_it_is_the_main_lane_still() -> None:
    known = Conversations()
    named(agent("Fix it", turns=9), known)

    assert named(agent("This session is being continued"), known) == MAIN_LANE


def test_a_moved_cache_mark_or_a_billing_line_makes_no_new_lane() -> None:
    known = Conversations()
    first = agent("Fix it")
    billing = {"type": "text", "text": "x-anthropic-billing-header: cch=1;"}
    first["system"].insert(0, billing)
    assert named(first, known) == MAIN_LANE
    second = agent("Compacted")
    second["system"].insert(0, {**billing, "text": billing["text"] + " cch=2;"})
    second["messages"][0]["content"][0]["cache_control"] = {"type": "ephemeral"}

    assert named(second, known) == MAIN_LANE
    assert named(agent("Fix it"), known) == MAIN_LANE


def test_a_lane_may_be_named() -> None:
    headers = {b"x-token-budget-session": b"s", b"x-token-budget-lane": b"writer"}

    assert of(anthropic(), headers).lane == "writer"


def test_an_agent_without_a_list_of_tools_shows_by_what_it_called() -> None:
    called = responses(2)
    del called["tools"]
    chatting = responses(0)
    del chatting["tools"]

    assert read(called, "responses").has_tools
    assert not read(chatting, "responses").has_tools

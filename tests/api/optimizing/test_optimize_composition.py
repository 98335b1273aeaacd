"""POST optimize stores what fills the window: it sees the whole request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import LONG_TALK, SHORT_TALK

CALL = {"type": "tool_use", "id": "t1", "name": "Read",
        "input": {"file_path": "src/app.py"}}  # fmt: skip
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "x = 1\n" * 300}
READ = [
    {"role": "user", "content": "Fix the retry"},
    {"role": "assistant", "content": [CALL]},
    {"role": "user", "content": [RESULT]},
]
MORE = [
    {"role": "assistant", "content": "Done."},
    {"role": "user", "content": "And the port?"},
]


async def optimized(api: Any, messages: Any, **more: Any) -> Any:
    answer = await api.post("/sessions/s/optimize", {"messages": messages, **more})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def fetched(api: Any) -> Any:
    body = (await api.get("/sessions/s/composition")).json()
    assert sum(kind["tokens"] for kind in body["kinds"]) == body["used_tokens"]
    return body


def kinds(body: Any) -> dict[str, int]:
    return {kind["kind"]: kind["tokens"] for kind in body["kinds"]}


async def test_each_token_has_a_name(api: Any, in_db: Any) -> None:
    from tracker.models import LaneComposition, UsageSample

    sent = await optimized(
        api, READ, system="Be brief.", user_context="Ada's notes",
        tools=[{"name": "Read", "description": "Reads."}, {"name": "Never"}],
    )  # fmt: skip

    body = await fetched(api)
    assert body["used_tokens"] == sent["before_tokens"]
    assert set(kinds(body)) == {
        "system_prompt", "context", "tool_definitions", "user_text", "tool_calls",
        "tool_results",
    }  # fmt: skip
    assert [(f["file"], f["times"]) for f in body["files"]] == [("src/app.py", 1)]
    assert [tool["name"] for tool in body["unused_tools"]] == ["Never"]
    assert body["turns"][0]["added"][0]["label"] == "Read src/app.py"
    sample = await in_db(UsageSample.objects.get)
    assert "tool_results\tRead src/app.py" in sample.added
    assert sample.unattributed_tokens == 0
    row = await in_db(LaneComposition.objects.get)
    assert row.parts.total == sent["before_tokens"]


async def test_the_sessions_page_shows_it(
    api: Any, in_db: Any, admin_client: Any
) -> None:
    from tracker.models import LLMSession

    sent = await optimized(
        api, READ, system="Be brief.", tools=[{"name": "Read"}, {"name": "Never"}]
    )
    found = await in_db(LLMSession.objects.get)
    answer = await in_db(lambda: admin_client.get(f"/sessions/{found.pk}/"))

    text = answer.content.decode()
    tokens = kinds(await fetched(api))["tool_results"]
    tile = f"Read files: src/app.py: {tokens:,} tokens"
    assert 'class="tree tree-l"' in text and tile in text
    assert "Read files fill " in text[: text.index("budget-now")]
    assert f"{sent['before_tokens']:,} tokens, " in text
    assert "1 tool never called" in text and "inferred" not in text


async def test_after_a_compression_it_is_what_goes_out(api: Any, in_db: Any) -> None:
    from tracker.models import CompressionComposition

    sent = await optimized(api, [*READ, *LONG_TALK], system="Be brief.")
    assert sent["compressed"] is True

    body = await fetched(api)
    assert body["used_tokens"] == sent["after_tokens"]
    assert kinds(body)["summaries"] > 0
    (before,) = body["compressions"]
    assert before["used_tokens"] == sent["before_tokens"]
    assert {"tool_results", "user_text"} <= set(kinds(before))
    row = await in_db(CompressionComposition.objects.get)
    assert "src/app.py" in row.packed


@pytest.mark.parametrize("is_behind", [True, False])
async def test_behind_a_cut_the_replacement_is_part_of_it(
    api: Any, in_db: Any, is_behind: bool
) -> None:
    from tracker.models import UsageSample

    first = await optimized(api, [*READ, *LONG_TALK])
    before = await fetched(api)
    more = {"after": first["cut"]["id"]} if is_behind else {}

    again = await optimized(
        api, MORE if is_behind else [*READ, *LONG_TALK, *MORE], **more
    )

    body = await fetched(api)
    assert body["used_tokens"] == again["before_tokens"] > before["used_tokens"]
    assert kinds(body)["summaries"] == kinds(before)["summaries"]
    assert kinds(body)["user_text"] > kinds(before)["user_text"]
    newest = await in_db(UsageSample.objects.order_by("pk").last)
    assert "“And the port?”" in newest.added and "Answer" in newest.added


async def test_a_repeat_and_a_dry_run_change_nothing(api: Any, in_db: Any) -> None:
    from tracker.models import LaneComposition

    await optimized(api, READ, event_id="o1")
    before = await in_db(LaneComposition.objects.get)

    await optimized(api, READ, event_id="o1")
    await optimized(api, [*READ, *SHORT_TALK], dry_run=True)

    after = await in_db(LaneComposition.objects.get)
    assert (after.at, after.packed) == (before.at, before.packed)


@pytest.mark.parametrize("keep", ["no", "redacted"])
async def test_a_project_keeps_no_more_of_it_than_of_messages(
    api: Any, in_db: Any, project: Any, keep: str
) -> None:
    from tracker.models import (
        CompressionComposition,
        ConfigVersion,
        LaneComposition,
        UsageSample,
    )

    def protect() -> None:
        project.keep_messages = keep
        project.redaction_patterns = r"src/\w+"
        project.save()
        ConfigVersion.bump()

    await in_db(protect)
    await optimized(api, READ)
    cut = await optimized(api, [*READ, *LONG_TALK], force=True)
    assert cut["compressed"] is True

    samples = await in_db(lambda: list(UsageSample.objects.all()))
    now = await in_db(LaneComposition.objects.get)
    then = await in_db(CompressionComposition.objects.get)
    texts = [now.packed, then.packed, *(sample.added for sample in samples)]
    assert all(text and "src/app" not in text for text in texts)
    assert "tool_results" in then.packed


async def test_a_compression_of_a_program_names_both_sides(api: Any) -> None:
    answer = await api.post(
        "/sessions/s/compressions", {"before": [*READ, *SHORT_TALK], "after": MORE}
    )
    assert answer.status_code == 201, answer.text

    body = await fetched(api)
    assert set(kinds(body)) == {"assistant_text", "user_text"}
    (before,) = body["compressions"]
    assert "tool_results" in kinds(before)

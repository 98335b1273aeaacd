"""What the client puts into a window: surroundings, system prompt, tools."""

from __future__ import annotations

import json

from tests.sources.transcripts.builder import assistant, attached, read


def test_a_snapshot_is_the_system_prompt_and_the_tools_and_counts_once(tmp_path):
    tools = [{"name": "Bash", "description": "d" * 3_500, "input_schema": {}}]
    size = -(-2 * len(json.dumps(tools, separators=(",", ":"))) // 7)
    prompt = attached("prompt_snapshot", systemPrompt=["s" * 700, "t" * 699])
    whole = attached(
        "prompt_snapshot", systemPrompt=["s" * 700, "t" * 699], tools=tools
    )

    first, second = read(
        tmp_path, prompt, assistant(1, 20_000), whole, whole, assistant(2, 21_000)
    ).samples

    assert (first.counted.system, first.counted.tools) == (400, 0)
    assert (second.parts.system, second.parts.tools) == (400, size)
    assert second.parts.user_context == 0


def test_of_an_attachment_what_the_model_sees_counts(tmp_path):
    seen = [{"content": "c" * 350}]
    line = attached("agent_listing_delta", seen, addedTypes=["a" * 9_000])

    [sample] = read(tmp_path, line, assistant(1, 20_000)).samples

    assert sample.parts.user_context == 100

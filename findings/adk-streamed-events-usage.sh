#!/usr/bin/env bash
# Adding up the usage of ADK's events counts a streamed answer once for each piece.
#
# Package: google-adk 2.13.0 with Gemini. An answer of three pieces, of which Google tells the
# usage so far: 135, 140 and 150 tokens in total.
# Guess: what `run_async` yields adds up to 150 tokens, streamed or not; an answer that
#        reached its token limit is told in one way.
# Seen:  150 not streamed, 575 with StreamingMode.SSE: each partial event carries the running
#        total, and the whole answer's event the last one again. The stored session has 150
#        both times. Cut by the limit, the streamed answer is an error (`error_code`
#        MAX_TOKENS beside its text), the other one is none.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 GOOGLE_API_KEY=x
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq google-adk==2.13.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import asyncio
import logging

from fake_provider import serve
from google.adk.agents import Agent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models.google_llm import Gemini
from google.adk.runners import InMemoryRunner
from google.genai import types

logging.disable(logging.CRITICAL)
end = "STOP"


def piece(text, tokens, reason=None):
    content = {"role": "model", "parts": [{"text": text}]}
    usage = {
        "promptTokenCount": 100,
        "candidatesTokenCount": tokens,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 130 + tokens,
    }
    said = {"index": 0, "content": content}
    if reason:
        said["finishReason"] = reason
    return {"candidates": [said], "usageMetadata": usage}


def answer(path, body):
    if "stream" in path:
        return [piece("a", 5), piece("b", 10), piece("c", 20, end)]
    return piece("abc", 20, end)


def total(events):
    used = [event.usage_metadata for event in events if event.usage_metadata]
    return sum(each.total_token_count for each in used)


async def told(mode):
    """Tokens of the yielded and of the stored events, and the last one's error."""
    model = Gemini(model="gemini-2.5-pro", base_url=url)
    runner = InMemoryRunner(agent=Agent(name="a", model=model), app_name="app")
    place = {"app_name": "app", "user_id": "u"}
    session = await runner.session_service.create_session(**place)
    message = types.Content(role="user", parts=[types.Part(text="hi")])
    run = runner.run_async(
        user_id="u",
        session_id=session.id,
        new_message=message,
        run_config=RunConfig(streaming_mode=mode),
    )
    events = [event async for event in run]
    kept = await runner.session_service.get_session(**place, session_id=session.id)
    return total(events), total(kept.events), events[-1].error_code


url = serve(answer)
whole, streamed = (
    asyncio.run(told(mode)) for mode in (StreamingMode.NONE, StreamingMode.SSE)
)
end = "MAX_TOKENS"
cut = [asyncio.run(told(mode))[2] for mode in (StreamingMode.NONE, StreamingMode.SSE)]
assert (whole, streamed) == ((150, 150, None), (575, 150, None)), (whole, streamed)
assert cut == [None, "MAX_TOKENS"], cut
print(
    f"google-adk 2.13.0: the events of one call of 150 tokens add up to {whole[0]}, and",
    f"streamed to {streamed[0]}; cut by the limit their error_code is {cut[0]}, and {cut[1]}",
)
PY

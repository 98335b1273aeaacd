#!/usr/bin/env bash
# LiteLLM's answers in Google's format have no cached tokens, and thoughts are candidates.
#
# Package: litellm 1.110.2, `google_genai.generate_content` (what its proxy gives to a Gemini
# client) with a model of another provider, which says 40 of 100 prompt tokens cached and
# 8 of 20 completion tokens reasoning.
# Guess: usageMetadata has cachedContentTokenCount 40, thoughtsTokenCount 8 and
#        candidatesTokenCount 12: Google's names for what the other provider said.
# Seen:  prompt 100, candidates 20, total 120, and neither of the others. In Anthropic's
#        format LiteLLM passes the 40 on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq litellm==1.110.2
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import asyncio

import litellm
from fake_provider import serve
from litellm.google_genai import generate_content

answer = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hi"},
        }
    ],
    "usage": {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 8},
    },
}
url = serve(lambda path, body: answer)
there = {"model": "hosted_vllm/m", "api_key": "x", "api_base": url}
google = generate_content(
    contents=[{"role": "user", "parts": [{"text": "hi"}]}], **there
)
google = google if isinstance(google, dict) else google.model_dump(exclude_none=True)
told = google["usageMetadata"]
anthropic = asyncio.run(
    litellm.anthropic.messages.acreate(
        messages=[{"role": "user", "content": "hi"}], max_tokens=100, **there
    )
)["usage"]
assert anthropic["cache_read_input_tokens"] == 40, anthropic
assert told == {
    "promptTokenCount": 100,
    "candidatesTokenCount": 20,
    "totalTokenCount": 120,
}, told
print(
    "litellm 1.110.2: 40 cached tokens are cache_read_input_tokens in Anthropic's format;",
    f"Google's says {told}",
)
PY

#!/usr/bin/env bash
# In one log of `llm`, input tokens hold the cached ones for OpenAI, and not for Claude.
#
# Packages: llm 0.36, llm-anthropic 0.30. Both providers answer a prompt of 115 tokens, 100
# of them from the cache; Claude with the plugin's option `cache`.
# Guess: `response.usage().input` is 115 in both: the plugin puts Claude's three numbers
#        into the column that `llm logs --usage` shows.
# Seen:  115 and 10. Claude's 100 and 5 stand in the details, under Anthropic's names.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" LLM_USER_PATH="$work/llm" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq llm==0.36 llm-anthropic==0.30 anthropic==1.17.0 openai==3.57.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import os

import llm
from fake_provider import claude_stream, serve
from llm.default_plugins.openai_models import Chat

claude = {
    "input_tokens": 10,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 5,
    "output_tokens": 3,
}
openai = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-5",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hi"},
        }
    ],
    "usage": {
        "prompt_tokens": 115,
        "completion_tokens": 3,
        "total_tokens": 118,
        "prompt_tokens_details": {"cached_tokens": 100},
    },
}
url = serve(
    lambda path, body: (
        openai if "completions" in path else claude_stream(claude, claude)
    )
)
os.environ["ANTHROPIC_BASE_URL"] = url


def usage(model, stream, **options):
    response = model.prompt("hi", stream=stream, key="x", **options)
    response.text()
    return response.usage()


gpt = usage(Chat("gpt", model_name="gpt-5", api_base=url), False)
cached = usage(llm.get_model("claude-opus-4.5"), True, cache=True)
assert (gpt.input, cached.input) == (115, 10), (gpt, cached)
assert cached.details["cache_read_input_tokens"] == 100, cached
print(
    f"llm 0.36: a prompt of 115 tokens, 100 cached, is {gpt.input} input tokens from",
    f"OpenAI and {cached.input} from Claude",
)
PY

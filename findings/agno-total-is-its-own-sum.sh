#!/usr/bin/env bash
# Agno's total is input plus output, whatever is in them: 13 of 118 tokens, 120 of 128.
#
# Packages: agno 3.1.10, anthropic 2.14.0, google-genai 3.6.1. Claude's answer: 10 input,
# 100 cache read, 5 cache written, 3 output. Gemini's: 100 prompt, 20 candidates, 8
# thoughts, 128 in total.
# Guess: `total_tokens` is 118 and 128: what the provider counted.
# Seen:  13 and 120. Claude's cache and Gemini's thoughts stand beside it, in no sum.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 AGNO_TELEMETRY=false
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq agno==3.1.10 anthropic==2.14.0 google-genai==3.6.1
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from agno.agent import Agent
from agno.models.anthropic import Claude
from agno.models.google import Gemini
from fake_provider import claude_message, serve
from google import genai

claude = {
    "input_tokens": 10,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 5,
    "output_tokens": 3,
}
part = {"role": "model", "parts": [{"text": "hi"}]}
gemini = {
    "candidates": [{"index": 0, "finishReason": "STOP", "content": part}],
    "usageMetadata": {
        "promptTokenCount": 100,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 8,
        "totalTokenCount": 128,
    },
}
url = serve(lambda path, body: gemini if "Content" in path else claude_message(claude))
client = genai.Client(api_key="x", http_options={"base_url": url})
models = [
    Claude(id="claude-opus-4-5", api_key="x", client_params={"base_url": url}),
    Gemini(id="gemini-2.5-pro", client=client),
]
said = [Agent(model=model, telemetry=False).run("hi").metrics for model in models]
told = [one.total_tokens for one in said]
beside = [said[0].cache_read_tokens, said[0].cache_write_tokens, said[1].reasoning_tokens]
assert told == [13, 120] and beside == [100, 5, 8], (told, beside)
print(
    f"agno 3.1.10: {told[0]} tokens in total of Claude's 118 and {told[1]} of Gemini's 128;",
    f"beside them {beside[0]} and {beside[1]} of the cache, {beside[2]} of reasoning",
)
PY

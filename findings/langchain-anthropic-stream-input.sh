#!/usr/bin/env bash
# LangChain takes a streamed Claude answer's input from the last event alone.
#
# Packages: langchain-anthropic 1.7.10, langchain-core 1.8.3, anthropic 2.14.0.
# The stream: message_start says 10 input, 5 cache read, 7 cache creation; the closing
# message_delta says output only. `input_tokens` is optional there in Anthropic's types.
# Guess: 22 input tokens, as the Anthropic SDK's own stream helper keeps them.
# Seen:  {"input_tokens": 0, "output_tokens": 9, "total_tokens": 9}, no error, no warning.
# Whoever fills a gauge from `usage_metadata` sees an empty window.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langchain-anthropic==1.7.10 langchain-core==1.8.3 anthropic==2.14.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from anthropic import Anthropic
from fake_provider import claude_stream, serve
from langchain_anthropic import ChatAnthropic

start = {
    "input_tokens": 10,
    "cache_read_input_tokens": 5,
    "cache_creation_input_tokens": 7,
    "output_tokens": 1,
}
url = serve(lambda path, body: claude_stream(start, {"output_tokens": 9}))
ask = {"model": "claude-opus-4-5", "max_tokens": 16}

with Anthropic(api_key="x", base_url=url).messages.stream(
    messages=[{"role": "user", "content": "hi"}], **ask
) as stream:
    sdk = stream.get_final_message().usage
assert (sdk.input_tokens, sdk.cache_read_input_tokens) == (10, 5), sdk

chunks = list(ChatAnthropic(base_url=url, api_key="x", **ask).stream("hi"))
total = sum(chunks[1:], chunks[0]).usage_metadata
assert (total["input_tokens"], total["output_tokens"]) == (0, 9), total
print(
    "langchain-anthropic 1.7.10: a stream that tells its input of 22 only at its start",
    f"is reported with input_tokens {total['input_tokens']}",
)
PY

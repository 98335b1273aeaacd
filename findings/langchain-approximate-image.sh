#!/usr/bin/env bash
# LangChain's approximate count: one image costs 85 tokens or a quarter of its base64.
#
# Package: langchain-core 1.8.3, `count_tokens_approximately` (the counter of
# `trim_messages(token_counter="approximate")`).
# Guess: an image is `tokens_per_image` (85) in every shape LangChain's models accept.
# Seen:  85 as "image_url", "image" and Anthropic's source block; but the Responses API's
#        "input_image" with the same 300 KB is counted as text: 75,000 tokens. So is the
#        image inside an Anthropic tool_result block.
# Trimming by this counter throws a whole conversation out for one screenshot.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langchain-core==1.8.3
"$work/venv/bin/python" -W ignore - <<'PY'
from langchain_core.messages import HumanMessage
from langchain_core.messages.utils import count_tokens_approximately

data = "A" * 300_000
source = {"type": "base64", "media_type": "image/png", "data": data}
image = {"type": "image", "source": source}
link = f"data:image/png;base64,{data}"
shapes = {
    "image_url": {"type": "image_url", "image_url": {"url": link}},
    "image": {"type": "image", "base64": data, "mime_type": "image/png"},
    "anthropic": image,
    "input_image": {"type": "input_image", "image_url": link},
    "tool_result": {"type": "tool_result", "tool_use_id": "t", "content": [image]},
}
counts = {
    name: count_tokens_approximately([HumanMessage([block])])
    for name, block in shapes.items()
}
assert counts["image_url"] == counts["image"] == counts["anthropic"] < 100, counts
assert counts["input_image"] > 75_000 and counts["tool_result"] > 75_000, counts
print(f"langchain-core 1.8.3: the same image is counted as {counts}")
PY

#!/usr/bin/env bash
# LlamaIndex's chat memory of 500 tokens keeps a tool call of 5,000.
#
# Package: llama-index-core 0.14.25, words for tokens. Six messages; the second is an
# assistant's, whose one block is a tool call that writes a text of 5,000 words.
# Guess: ChatMemoryBuffer and Memory with `token_limit=500` drop it, as they drop a text.
# Seen:  both give all six messages, and the same for a block of thinking: only the blocks
#        of text are counted. The library's own TokenCounter counts over 5,000 for the call.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NLTK_DATA="$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq llama-index-core==0.14.25
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from llama_index.core.base.llms.types import TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.utilities.token_counting import TokenCounter

long = "word " * 5000
call = ToolCallBlock(tool_call_id="c", tool_name="write", tool_kwargs={"text": long})
options = {"token_limit": 500, "tokenizer_fn": str.split}


def given(block):
    """How many of six messages each memory gives where the second one is `block`."""
    assistant = ChatMessage(role="assistant", blocks=[block])
    tool = ChatMessage(role="tool", content="ok", additional_kwargs={"tool_call_id": "c"})
    chat = [("assistant", "done"), ("user", "more"), ("assistant", "yes")]
    history = [
        ChatMessage(role="user", content="old"),
        assistant,
        tool,
        *(ChatMessage(role=role, content=text) for role, text in chat),
    ]
    buffer = ChatMemoryBuffer.from_defaults(**options)
    memory = Memory.from_defaults(session_id=type(block).__name__, **options)
    for message in history:
        buffer.put(message)
        memory.put(message)
    return len(buffer.get()), len(memory.get())


seen = [given(one) for one in (TextBlock(text=long), ThinkingBlock(content=long), call)]
assert seen == [(2, 2), (6, 6), (6, 6)], seen
message = ChatMessage(role="assistant", blocks=[call])
counted = TokenCounter(tokenizer=str.split).estimate_tokens_in_messages([message])
assert counted > 5000, counted
print(
    f"llama-index-core 0.14.25: memories of 500 tokens give {seen[0][0]} of 6 messages",
    f"where one is a long text, all {seen[2][0]} where it is a tool call of {counted}",
)
PY

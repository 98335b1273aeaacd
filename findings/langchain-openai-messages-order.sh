#!/usr/bin/env bash
# LangChain's conversion to OpenAI's messages puts the user's words before the tool's result.
#
# Package: langchain-core 1.8.3, `convert_to_openai_messages`. A Claude conversation has
# the result of a tool and the user's next words as two blocks of one message.
# Guess: the order of the blocks stays: the call, its result, the words.
# Seen:  the call, the words, the result: a user message between a call and its result,
#        which OpenAI's format does not have.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langchain-core==1.8.3
"$work/venv/bin/python" -W ignore - <<'PY'
from langchain_core.messages import AIMessage, HumanMessage, convert_to_openai_messages

call = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}}
result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "the file"}
words = {"type": "text", "text": "Now summarise it."}
converted = convert_to_openai_messages(
    [HumanMessage("Read a."), AIMessage([call]), HumanMessage([result, words])]
)
roles = [message["role"] for message in converted]
assert roles == ["user", "assistant", "user", "tool"], converted
assert converted[2]["content"] == "Now summarise it.", converted
assert converted[3]["content"] == "the file", converted
print(
    "langchain-core 1.8.3: a tool result and the words after it are converted to",
    " > ".join(roles),
)
PY

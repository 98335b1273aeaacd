#!/usr/bin/env bash
# Semantic Kernel's summary of an agent's history is made without what the tools returned.
#
# Package: semantic-kernel 1.45.0. Ten turns, each a question, a tool call, its result and
# an answer; ChatHistorySummarizationReducer with `target_count=4` and all else as it comes.
# Guess: calls and results that leave the history are in the request for the summary.
# Seen:  ten results before, one after, and none in the request: they are filtered out
#        (`include_function_content_in_summary` is False).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq semantic-kernel==1.45.0
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import asyncio
import re

from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.contents import ChatHistorySummarizationReducer, ChatMessageContent
from semantic_kernel.contents import FunctionCallContent, FunctionResultContent

asked = []


class Service(ChatCompletionClientBase):
    async def get_chat_message_content(self, chat_history, settings, **options):
        asked.extend(message.model_dump_json() for message in chat_history.messages)
        return ChatMessageContent(role="assistant", content="all is well")


def facts(of):
    return {kind: set(re.findall(rf"{kind}-\d", str(of))) for kind in ("ask", "found")}


history = ChatHistorySummarizationReducer(
    service=Service(ai_model_id="m", service_id="s"), target_count=4
)
history.add_system_message("Find things.")
for turn in range(10):
    call = FunctionCallContent(id=f"c{turn}", name="find", arguments="{}")
    result = FunctionResultContent(id=f"c{turn}", name="find", result=f"found-{turn}")
    history.add_user_message(f"ask-{turn}")
    history.add_message(ChatMessageContent(role="assistant", items=[call]))
    history.add_message(ChatMessageContent(role="tool", items=[result]))
    history.add_assistant_message("done")
asyncio.run(history.reduce())
told = facts(asked)
kept = facts([message.model_dump_json() for message in history.messages])
assert len(told["ask"]) == 10 and not told["found"], told
assert kept["found"] == {"found-9"}, kept
print(
    f"semantic-kernel 1.45.0: the summary's request has {len(told['ask'])} of 10 questions",
    f"and {len(told['found'])} of 10 tool results; {len(kept['found'])} result is kept",
)
PY

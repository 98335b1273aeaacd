#!/usr/bin/env bash
# LangChain's summary of 36 messages is made from the last two of them.
#
# Package: langchain 1.5.2 (langchain-core 1.8.3). SummarizationMiddleware with a trigger
# of 20,000 tokens, 4 messages kept and all else as it comes. 40 messages of about 1,000
# tokens, each with a fact of its own.
# Guess: the model that summarises is shown all 36 messages that are taken away.
# Seen:  it is shown two: `trim_tokens_to_summarize` is 4,000. The facts of the other 34
#        are in the summary's request and in the kept messages nowhere.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" LANGSMITH_TRACING=false
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langchain==1.5.2 langchain-core==1.8.3
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import re

from langchain.agents.middleware import SummarizationMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage

asked = []


class Model(GenericFakeChatModel):
    def _generate(self, messages, *rest, **options):
        asked.append(messages)
        return super()._generate(messages, *rest, **options)


def facts(of):
    return set(re.findall(r"fact-\d\d", str(of)))


middleware = SummarizationMiddleware(
    model=Model(messages=iter([AIMessage("all is well")])),
    trigger=("tokens", 20_000),
    keep=("messages", 4),
)
history = [
    (AIMessage if turn % 2 else HumanMessage)(f"fact-{turn:02d} " + "word " * 800)
    for turn in range(40)
]
left = middleware.before_model({"messages": history}, None)["messages"]
told, kept = facts(asked), facts(left)
assert len(asked) == 1, len(asked)
assert told == {"fact-34", "fact-35"}, told
assert kept == {f"fact-{turn}" for turn in range(36, 40)}, kept
print(
    f"langchain 1.5.2: of 40 messages {len(kept)} are kept and {len(told)} shown to the",
    f"model that summarises the rest; {len(facts(history) - told - kept)} reach nobody",
)
PY

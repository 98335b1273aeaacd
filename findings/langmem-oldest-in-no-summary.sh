#!/usr/bin/env bash
# langmem's running summary says nothing of the oldest messages of a long history.
#
# Packages: langmem 0.0.30, langchain-core 1.8.3. 40 messages of about 105 tokens, limits
# of 1,000 tokens before and after the summary and 200 for the summary itself.
# Guess: each message is kept, or in the request of the first summary.
# Seen:  7 are kept and 9 in the request; the 24 oldest are in neither. What is summarised
#        is cut to `max_tokens` from its end, and all of it is noted as summarised, so that
#        no later summary makes up for it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" LANGSMITH_TRACING=false
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langmem==0.0.30 langchain-core==1.8.3
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import re

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.utils import count_tokens_approximately
from langmem.short_term import summarize_messages

asked = []


class Model(GenericFakeChatModel):
    def _generate(self, messages, *rest, **options):
        asked.append(messages)
        return super()._generate(messages, *rest, **options)

    def bind(self, **options):
        return self


def facts(of):
    return set(re.findall(r"fact-\d\d", str(of)))


history = [
    (AIMessage if turn % 2 else HumanMessage)(
        f"fact-{turn:02d} " + "word " * 80, id=f"m{turn}"
    )
    for turn in range(40)
]
history.append(HumanMessage("and now?", id="last"))
result = summarize_messages(
    history,
    running_summary=None,
    model=Model(messages=iter([AIMessage("all is well")])),
    token_counter=count_tokens_approximately,
    max_tokens=1000,
    max_tokens_before_summary=1000,
    max_summary_tokens=200,
)
told, kept = facts(asked), facts(result.messages)
lost = facts(history) - told - kept
noted = result.running_summary.summarized_message_ids
assert len(asked) == 1, len(asked)
assert (len(kept), len(told), len(lost)) == (7, 9, 24), (kept, told, lost)
assert lost == {f"fact-{turn:02d}" for turn in range(24)}, lost
assert {f"m{turn}" for turn in range(33)} <= noted, noted
print(
    f"langmem 0.0.30: of 40 messages {len(kept)} are kept and {len(told)} summarised;",
    f"the {len(lost)} oldest are in neither, and noted as summarised",
)
PY

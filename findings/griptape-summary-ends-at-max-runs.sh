#!/usr/bin/env bash
# A summary memory that reached its number of runs tells the model no newer run at all.
#
# Package: griptape 1.13.0, SummaryConversationMemory; a driver of our own stands for the
# model that writes the summary.
# Guess: with `max_runs=5` the prompt of the tenth run has the last run word for word
#        (`offset` is 1) and a summary of the older ones, those of before the five too.
# Seen:  so until the fifth run. Where the summary ends is a number in the list of runs,
#        which stays when a run leaves the front of the list: from the sixth run on none is
#        summarised and none is told. The five newest lie in `runs`, unread.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq griptape==1.13.0
cd "$work"
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from griptape.artifacts import TextArtifact
from griptape.common import Message, TextDeltaMessageContent
from griptape.configs import Defaults
from griptape.configs.drivers import DriversConfig
from griptape.drivers.memory.conversation.local import LocalConversationMemoryDriver
from griptape.drivers.prompt import BasePromptDriver
from griptape.memory.structure import Run, SummaryConversationMemory
from griptape.tokenizers import SimpleTokenizer

asked = []


class Summariser(BasePromptDriver):
    def try_run(self, prompt_stack):
        asked.append(prompt_stack.messages[-1].to_text())
        return Message(f"summary {len(asked)}", role=Message.ASSISTANT_ROLE)

    def try_stream(self, prompt_stack):
        yield TextDeltaMessageContent("")


words = SimpleTokenizer(characters_per_token=4, max_input_tokens=9_000, max_output_tokens=9)
Defaults.drivers_config = DriversConfig()
memory = SummaryConversationMemory(
    max_runs=5,
    prompt_driver=Summariser(model="m", tokenizer=words),
    conversation_memory_driver=LocalConversationMemoryDriver(),
)
told = []
for number in range(1, 11):
    question, answer = TextArtifact(f"question {number}"), TextArtifact(f"answer {number}")
    memory.add_run(Run(input=question, output=answer))
    said = [message.to_text() for message in memory.to_prompt_stack().messages]
    told.append(sum(text.startswith(("question", "answer")) for text in said))
assert told == [2] * 5 + [0] * 5, told
assert said == ["Summary of the conversation so far: summary 5"], said
assert "question 5" in asked[-1] and len(asked) == len(memory.runs) == 5, asked
print(
    "griptape 1.13.0: with max_runs=5 the prompt after the tenth run is its summary of",
    "the first five alone",
)
PY

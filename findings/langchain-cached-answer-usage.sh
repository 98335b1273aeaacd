#!/usr/bin/env bash
# LangChain counts the usage of an answer out of its own cache as if it were asked again.
#
# Package: langchain-core 1.8.3, `set_llm_cache` with `get_usage_metadata_callback`.
# Guess: the second, cached answer adds nothing: no request was made.
# Seen:  1 request, 200 input tokens counted; the cached message differs only by a
#        total_cost of 0 inside its usage_metadata, which its type does not declare.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langchain-core==1.8.3
"$work/venv/bin/python" -W ignore - <<'PY'
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.globals import set_llm_cache
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

requests = []


class Model(GenericFakeChatModel):
    def _generate(self, *args, **kwargs):
        requests.append(args)
        return super()._generate(*args, **kwargs)


usage = {"input_tokens": 100, "output_tokens": 5, "total_tokens": 105}
answer = AIMessage("hi", usage_metadata=usage, response_metadata={"model_name": "m"})
model = Model(messages=iter([answer]))
set_llm_cache(InMemoryCache())
with get_usage_metadata_callback() as counted:
    model.invoke("question")
    second = model.invoke("question")
total = counted.usage_metadata["m"]
assert len(requests) == 1 and total["input_tokens"] == 200, (requests, total)
assert second.usage_metadata == {**usage, "total_cost": 0}, second.usage_metadata
print(
    f"langchain-core 1.8.3: {len(requests)} request of 100 input tokens and its cached",
    f"repeat are counted as {total['input_tokens']}",
)
PY

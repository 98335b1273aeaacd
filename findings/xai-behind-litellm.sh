#!/usr/bin/env bash
# Grok's reasoning tokens count twice where a client for xAI talks to LiteLLM.
#
# Packages: langchain-xai 1.3.0, litellm 1.110.2. xAI tells reasoning beside the completion:
# 100 prompt, 20 completion and 8 reasoning tokens are 128. LiteLLM passes them on in
# OpenAI's sense: a completion of 28, 8 of them reasoning.
# Guess: ChatXAI says an output of 28 (all), straight from xAI or with LiteLLM between.
# Seen:  28 straight, 36 through LiteLLM: it adds the 8 whether they are in already or not,
#        though its own total stays 128.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langchain-xai==1.3.0 litellm==1.110.2
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import litellm
from fake_provider import serve
from langchain_xai import ChatXAI

answer = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "grok-4",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hi"},
        }
    ],
    "usage": {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 128,
        "completion_tokens_details": {"reasoning_tokens": 8},
    },
}
xai = serve(lambda path, body: answer)


def gateway(path, body):
    """Answer like a LiteLLM proxy: its SDK's answer as JSON."""
    return litellm.completion(
        model="xai/grok-4", messages=body["messages"], api_key="x", api_base=xai
    ).model_dump()


def usage(url):
    model = ChatXAI(model="grok-4", api_key="x", base_url=url, max_retries=0)
    return model.invoke("hi").usage_metadata


straight, through = usage(xai), usage(serve(gateway))
told = [(said["output_tokens"], said["total_tokens"]) for said in (straight, through)]
assert told == [(28, 128), (36, 128)], told
print(
    f"langchain-xai 1.3.0: {told[0][0]} output tokens straight from xAI,",
    f"{told[1][0]} of the same answer through litellm 1.110.2",
)
PY

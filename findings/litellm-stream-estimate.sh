#!/usr/bin/env bash
# LiteLLM tells its callbacks an estimate as usage where the provider told none.
#
# Package: litellm 1.110.2, a custom logger (what its logging integrations are built on).
# A stream without usage, for the caller did not ask for it; and one with (include_usage).
# Guess: the logged prompt_tokens of the first are 0 or None, or marked as estimated.
# Seen:  58 prompt tokens (LiteLLM's own count), 1 completion token and a cost. Beside the
#        record of a stream in which the provider told the same numbers, only ids, times,
#        headers and the caller's own model_parameters differ: a reader of the record can
#        tell the two apart by `stream_options` alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq litellm==1.110.2
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import threading

import litellm
from fake_provider import serve
from litellm.integrations.custom_logger import CustomLogger

usage = {"prompt_tokens": 58, "completion_tokens": 1, "total_tokens": 59}


def chunk(delta, finish=None):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def answer(path, body):
    chunks = [chunk({"role": "assistant", "content": "hi"}), chunk({}, "stop")]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**chunk({}), "choices": [], "usage": usage})
    return chunks


class Logger(CustomLogger):
    def log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.told = kwargs["standard_logging_object"]
        self.arrived.set()


logger = Logger()
litellm.callbacks = [logger]
url = serve(answer)


def told(**asked):
    logger.arrived = threading.Event()
    for _ in litellm.completion(
        model="openai/gpt-5",
        api_key="x",
        api_base=url,
        messages=[{"role": "user", "content": "word " * 50}],
        stream=True,
        **asked,
    ):
        pass
    assert logger.arrived.wait(30), "no callback"
    record = dict(logger.told)
    for key in "response", "hidden_params":
        record[key] = dict(record[key])
    record["response"].pop("created")  # a time
    record["hidden_params"].pop("additional_headers")
    return record


guessed, reported = told(), told(stream_options={"include_usage": True})
for record in guessed, reported:
    assert {key: record[key] for key in usage} == usage, record
assert guessed["response_cost"] == reported["response_cost"] > 0
times = {"startTime", "endTime", "completionStartTime", "response_time"}
ids = {"litellm_call_id", "trace_id"}
differ = {key for key in guessed if guessed[key] != reported[key]} - times - ids
assert differ == {"model_parameters"}, differ
print(
    f"litellm 1.110.2: a stream without usage is logged as {guessed['prompt_tokens']}",
    "prompt tokens, word for word as if the provider had told them",
)
PY

#!/usr/bin/env bash
# Instructor's completion carries the usage of all attempts as if it were one request's.
#
# Packages: instructor 1.17.0, openai 3.3.0. The first answer fails the model's
# validation and is asked again; the second is good.
# Guess: `create_with_completion` returns the last completion with its own usage.
# Seen:  prompt_tokens 300 for requests of 100 and 200: the sum, cached and reasoning
#        tokens too, on the last completion. As money it is right; as the fill of a
#        window it is too much, by every retry.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq instructor==1.17.0 openai==3.3.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import instructor
import openai
import pydantic
from fake_provider import serve

prompts = []


def answer(path, body):
    prompts.append(100 * (len(prompts) + 1))
    arguments = '{"age": "old"}' if len(prompts) == 1 else '{"age": 7}'
    call = {"name": "Person", "arguments": arguments}
    return {
        "id": f"chatcmpl-{len(prompts)}",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": call}
                    ],
                },
            }
        ],
        "usage": {
            "prompt_tokens": prompts[-1],
            "completion_tokens": 5,
            "total_tokens": prompts[-1] + 5,
        },
    }


class Person(pydantic.BaseModel):
    age: int


client = instructor.from_openai(openai.OpenAI(api_key="x", base_url=serve(answer)))
person, completion = client.chat.completions.create_with_completion(
    model="gpt-5",
    messages=[{"role": "user", "content": "How old?"}],
    response_model=Person,
    max_retries=2,
)
told = completion.usage.prompt_tokens
assert (person.age, completion.id, prompts, told) == (
    7,
    "chatcmpl-2",
    [100, 200],
    300,
), (completion, prompts)
print(
    f"instructor 1.17.0: requests of {prompts} prompt tokens,",
    f"and completion {completion.id} says {told}",
)
PY

#!/usr/bin/env bash
# Adding a request's usage to pydantic-ai's run usage adds its tokens, not the request.
#
# Package: pydantic-ai-slim 2.68.0. `RunUsage` has `requests`, `RequestUsage` stands for
# one request, and `+` between them is offered.
# Guess: `requests` is 1 afterwards, as in a run of the agent.
# Seen:  0, so a `request_limit` never trips on usage that was added up by hand.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq pydantic-ai-slim==2.68.0
"$work/venv/bin/python" -W ignore - <<'PY'
from pydantic_ai.usage import RequestUsage, RunUsage, UsageLimits

run = RunUsage()
for _ in range(3):
    run += RequestUsage(input_tokens=100, output_tokens=5)
assert (run.input_tokens, run.output_tokens, run.requests) == (300, 15, 0), run
UsageLimits(request_limit=1).check_before_request(run)  # raises at one request
print(
    f"pydantic-ai 2.68.0: three RequestUsage added make {run.input_tokens} input tokens",
    f"in {run.requests} requests; request_limit=1 lets the fourth through",
)
PY

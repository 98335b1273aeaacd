#!/usr/bin/env bash
# Two CrewAI agents that share one LLM object: the crew's usage is twice the real one.
#
# Package: crewai 1.15.30. Two agents with a task each, two requests of 120 tokens.
# Guess: `token_usage` says 240 tokens and 2 requests, whether the agents share an LLM
#        object or have one each.
# Seen:  240 and 2 with one each, 480 and 4 with a shared one: the crew adds its agents'
#        sums, and the sum belongs to the LLM object.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 CREWAI_DISABLE_TELEMETRY=true CREWAI_TRACING_ENABLED=false
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq crewai==1.15.30
cd "$work"
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
from crewai import LLM, Agent, Crew, Task
from fake_provider import serve

asked = []


def answer(path, body):
    asked.append(path)
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "hi"},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


url = serve(answer)


def model():
    return LLM(model="openai/gpt-4o", api_key="x", base_url=url)


def usage(models):
    asked.clear()
    agents = [Agent(role="r", goal="g", backstory="b", llm=one) for one in models]
    tasks = [Task(description="d", expected_output="o", agent=one) for one in agents]
    said = Crew(agents=agents, tasks=tasks).kickoff().token_usage
    return len(asked), said.successful_requests, said.total_tokens


shared = model()
told = [usage([model(), model()]), usage([shared, shared])]
assert told == [(2, 2, 240), (2, 4, 480)], told
print(
    f"crewai 1.15.30: {told[0][0]} requests are {told[0][2]} tokens with an LLM object",
    f"for each agent, and {told[1][2]} tokens of {told[1][1]} requests with one for both",
)
PY

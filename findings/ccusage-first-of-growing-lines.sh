#!/usr/bin/env bash
# ccusage 17 keeps the first of the lines an answer grew by: 1 output token of 400.
#
# Package: npm ccusage 17.2.0 and 20.0.24. A Claude Code session may hold an answer twice,
# as it began (1 output token) and as it ended (400), with the same message and request id.
# Guess: the last line of an answer counts, in every version of the tool.
# Seen:  17.2.0 says 1 output token, 20.0.24 says 400. Both say one answer's input.
# A month's output from two versions of the same tool cannot be compared.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" CLAUDE_CONFIG_DIR="$work/claude"
cd "$work"
python3 - <<'PY'
import json
from pathlib import Path


def line(number, output):
    usage = {
        "input_tokens": 10,
        "output_tokens": output,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-5-20251101",
        "content": [],
        "usage": usage,
    }
    said = {
        "type": "assistant",
        "sessionId": "5b0d1a52-0000-4000-8000-000000000001",
        "timestamp": f"2026-01-02T10:00:0{number}.000Z",
        "uuid": f"5b0d1a52-0000-4000-8000-00000000001{number}",
        "version": "2.0.0",
        "cwd": "/p",
        "requestId": "req_1",
        "message": message,
    }
    return json.dumps(said, separators=(",", ":")) + "\n"


folder = Path("claude", "projects", "p")
folder.mkdir(parents=True)
file = folder / "5b0d1a52-0000-4000-8000-000000000001.jsonl"
file.write_text(line(0, 1) + line(1, 400))
PY
seen=""
npm install --silent --no-audit --no-fund --prefix "$work/17.2.0" ccusage@17.2.0
npm install --silent --no-audit --no-fund --prefix "$work/20.0.24" ccusage@20.0.24
for version in 17.2.0 20.0.24; do
  said=$("$work/$version/node_modules/.bin/ccusage" daily --json --offline 2>/dev/null |
    python3 -c 'import json, sys
total = json.load(sys.stdin)["totals"]
print(total["inputTokens"], "in", total["outputTokens"], "out")')
  seen="$seen$version: $said; "
done
test "$seen" = "17.2.0: 10 in 1 out; 20.0.24: 10 in 400 out; " || {
  echo "changed: $seen"
  exit 1
}
echo "ccusage on an answer written as it grew from 1 to 400 output tokens: ${seen%; }"

#!/usr/bin/env bash
# claude-usage-exporter says nothing of sub-agents: 110 tokens where ccusage has 190.
#
# Packages: pip claude-usage-exporter 0.1.2, npm ccusage 20.0.24. A session file of Claude
# Code with one answer (10 and 100 tokens) and, in `SESSION/subagents/` beside it, where
# Claude Code writes them, a sub-agent's file with one more (10 and 70).
# Guess: both count both files; the exporter's own words are "per agent".
# Seen:  the exporter looks for files one folder deep, so it exports 10 and 100.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" CLAUDE_CONFIG_DIR="$work/claude"
cd "$work"
python3 - <<'PY'
import json
from pathlib import Path

SESSION = "5b0d1a52-0000-4000-8000-000000000001"


def answer(number, output, sidechain):
    usage = {
        "input_tokens": 10,
        "output_tokens": output,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-5-20251101",
        "content": [{"type": "text", "text": "hi"}],
        "usage": usage,
    }
    said = {
        "type": "assistant",
        "isSidechain": sidechain,
        "sessionId": SESSION,
        "timestamp": f"2026-01-02T10:00:0{number}.000Z",
        "uuid": f"5b0d1a52-0000-4000-8000-00000000001{number}",
        "version": "2.1.0",
        "cwd": "/p",
        "requestId": f"req_{number}",
        "message": message,
    }
    return json.dumps(said, separators=(",", ":")) + "\n"


folder = Path("claude", "projects", "-p")
below = folder / SESSION / "subagents"
below.mkdir(parents=True)
(folder / f"{SESSION}.jsonl").write_text(answer(1, 100, False))
(below / "agent-a1b2c3d.jsonl").write_text(answer(2, 70, True))
PY
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq claude-usage-exporter==0.1.2
npm install --silent --no-audit --no-fund ccusage@20.0.24
exported=$("$work/venv/bin/claude-usage-exporter" --projects-dir claude/projects \
  --state-file state.json 2>/dev/null | awk '{sum += $NF} END {print sum}')
counted=$(node_modules/.bin/ccusage daily --json --offline 2>/dev/null |
  python3 -c 'import json, sys
total = json.load(sys.stdin)["totals"]
print(total["inputTokens"] + total["outputTokens"])')
test "$exported $counted" = "110 190" || {
  echo "changed: $exported $counted"
  exit 1
}
echo "claude-usage-exporter 0.1.2: $exported tokens of a session with a sub-agent, ccusage 20.0.24: $counted"

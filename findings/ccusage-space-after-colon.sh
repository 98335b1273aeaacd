#!/usr/bin/env bash
# ccusage counts nothing in a session file whose JSON has a space after the colons.
#
# Package: npm ccusage 20.0.24 (a native binary since version 20) on a Claude Code session.
# Guess: `{"a": 1}` and `{"a":1}` are the same JSON, so both files say 410 tokens.
# Seen:  410 tokens for the file as Claude Code writes it, 0 and no warning for the same
#        line out of Python's json.dumps. ccusage 17.2.0 says 410 for both.
# A script that redacts or copies sessions must write them without spaces.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
cd "$work"
python3 - <<'PY'
import json
from pathlib import Path

usage = {
    "input_tokens": 10,
    "output_tokens": 400,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}
line = {
    "type": "assistant",
    "sessionId": "5b0d1a52-0000-4000-8000-000000000001",
    "timestamp": "2026-01-02T10:00:00.000Z",
    "uuid": "5b0d1a52-0000-4000-8000-000000000002",
    "version": "2.0.0",
    "cwd": "/p",
    "requestId": "req_1",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-5-20251101",
        "content": [],
        "usage": usage,
    },
}
for name, separators in {"tight": (",", ":"), "spaced": (", ", ": ")}.items():
    folder = Path(name, "projects", "p")
    folder.mkdir(parents=True)
    file = folder / f"{line['sessionId']}.jsonl"
    file.write_text(json.dumps(line, separators=separators) + "\n")
PY
total() {
  CLAUDE_CONFIG_DIR="$work/$2" "$work/$1/node_modules/.bin/ccusage" \
    daily --json --offline 2>/dev/null |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["totals"]["totalTokens"])'
}
seen=""
npm install --silent --no-audit --no-fund --prefix "$work/17.2.0" ccusage@17.2.0
npm install --silent --no-audit --no-fund --prefix "$work/20.0.24" ccusage@20.0.24
for version in 17.2.0 20.0.24; do
  seen="$seen$version: $(total $version tight) and $(total $version spaced); "
done
test "$seen" = "17.2.0: 410 and 410; 20.0.24: 410 and 0; " || {
  echo "changed: $seen"
  exit 1
}
echo "ccusage 20.0.24: 410 tokens in a session of tight JSON, 0 in the same with spaces"

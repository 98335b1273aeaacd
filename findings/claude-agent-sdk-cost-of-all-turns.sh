#!/usr/bin/env bash
# A resumed call's cost holds the calls before it, from other processes too; its usage does not.
#
# Package: npm @anthropic-ai/claude-agent-sdk 0.3.332, with the Claude Code it brings, against
# a provider on loopback whose every answer has 10, 50, 800 (read) and 200 (written) tokens.
# Three calls of `query`: one new, one that resumes its session by id, one that continues it.
# Guess: a result's `total_cost_usd`, `modelUsage` and `usage` speak of the same call; a program
#        adds the three results' costs up.
# Seen:  `usage` has 10 input tokens each time, `modelUsage` 10, 20 and 30, and the cost is
#        once, twice and three times the first: their sum is twice what was spent.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "$(cat "$work/pid" 2>/dev/null)" 2>/dev/null || true; rm -rf "$work"' EXIT
export HOME="$work/home" DISABLE_TELEMETRY=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
mkdir "$HOME"
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @anthropic-ai/claude-agent-sdk@0.3.332
cat >provider.py <<'PY'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"input_tokens": 10, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 200}


class Provider(BaseHTTPRequestHandler):
    answered = 0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Provider.answered += 1
        message = {
            "id": f"msg_{self.answered}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": USAGE | {"output_tokens": 1},
        }
        text = {"type": "text", "text": ""}
        said = {"type": "text_delta", "text": "hi"}
        end = {"stop_reason": "end_turn", "stop_sequence": None}
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in (
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": text},
            {"type": "content_block_delta", "index": 0, "delta": said},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": end, "usage": USAGE | {"output_tokens": 50}},
            {"type": "message_stop"},
        ):
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
print(server.server_port, flush=True)
server.serve_forever()
PY
mkfifo port
python3 provider.py >port &
echo $! >pid
read -r port <port
cat >seen.mjs <<'JS'
import assert from "node:assert";
import { query } from "@anthropic-ai/claude-agent-sdk";

const results = [];
const ask = async (prompt, more) => {
  const options = { model: "claude-opus-4-6", settingSources: [], tools: [], ...more };
  for await (const message of query({ prompt, options }))
    if (message.type === "result") results.push(message);
};
await ask("one", {});
await ask("two", { resume: results[0].session_id });
await ask("three", { continue: true });
const each = (read) => results.map(read).join(" ");
const first = results[0].total_cost_usd;
assert.ok(first > 0, "changed: no cost");
assert.equal(each((r) => r.usage.input_tokens), "10 10 10", "changed");
assert.equal(each((r) => r.modelUsage["claude-opus-4-6"].inputTokens), "10 20 30", "changed");
assert.equal(each((r) => Math.round(r.total_cost_usd / first)), "1 2 3", "changed");
console.log(
  "claude-agent-sdk 0.3.332: three calls' results cost 1, 2 and 3 times the first; usage 10 10 10",
);
JS
ANTHROPIC_BASE_URL="http://127.0.0.1:$port" ANTHROPIC_API_KEY=none node seen.mjs

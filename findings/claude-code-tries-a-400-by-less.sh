#!/usr/bin/env bash
# Claude Code sends a request that got a 400 five times more, the later ones with all tools.
#
# Package: npm @anthropic-ai/claude-code 2.1.332 (Linux). A provider on loopback answers
# every POST to /v1/messages with 400 or 402 and an error in Anthropic's shape, whose
# message says nothing of any feature.
# Guess: an invalid request is final: it is sent once, as the SDK says (400 is no status
#        to retry), and so is 402.
# Seen:  402 once, 400 six times within a second, each without another new feature: a beta
#        header, how thinking is shown, then the tools that are loaded when needed. From
#        the fourth on all tools are sent, about twice as large: a proxy that answers 400
#        of its own changes the prompt, and with it the provider's cache.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 DISABLE_AUTOUPDATER=1
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 ANTHROPIC_API_KEY=none
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/claude-code@2.1.332
cat >look.py <<'PY'
import glob
import http.server
import json
import os
import subprocess
import threading

(PROGRAM,) = glob.glob("node_modules/@anthropic-ai/claude-code-linux-*/claude")
COMMAND = [os.path.abspath(PROGRAM), "--model", "claude-opus-4-6", "-p", "hello"]


def requests_at(status):
    sent = []

    class Refusing(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.answer(404)

        do_HEAD = do_GET

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            betas = self.headers["anthropic-beta"].split(",")
            sent.append((len(betas), len(json.dumps(body["tools"]))))
            self.answer(status)

        def answer(self, code):
            error = {"type": "invalid_request_error", "message": "refused"}
            body = json.dumps({"type": "error", "error": error}).encode()
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = subprocess.run(
        COMMAND,
        env={**os.environ, "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}"},
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
    )
    server.shutdown()
    assert done.returncode == 1, done
    return sent


assert len(requests_at(402)) == 1
sent = requests_at(400)
betas, tools = zip(*sent)
assert len(sent) == 6 and betas[0] == max(betas) > betas[-1], sent
assert tools[0] == tools[2] and tools[3] > 1.5 * tools[0], sent
print("claude-code 2.1.332 at a 400: (beta headers, bytes of tools) of each request:", sent)
PY
python3 look.py

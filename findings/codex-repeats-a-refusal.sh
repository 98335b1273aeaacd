#!/usr/bin/env bash
# Codex sends a request six times that was refused for good, and once where it may retry.
#
# Package: npm @openai/codex 0.171.0. A provider on loopback answers every POST to
# /v1/responses with one status and an error in OpenAI's shape.
# Guess: 429 is tried again, as OpenAI's SDKs do; 402, 413 and 422 are final, like 400.
# Seen:  402, 413 and 422 are sent six times in all, the whole conversation each time;
#        400 and 429 once. A proxy that refuses Codex for good has to answer 400.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @openai/codex@0.171.0
cat >look.py <<'PY'
import http.server
import json
import os
import subprocess
import threading

COMMAND = [
    os.path.abspath("node_modules/.bin/codex"), "exec", "--skip-git-repo-check",
    "--sandbox", "read-only", "-m", "gpt-5-codex", "-c", 'model_provider="fake"', "-c",
]


def requests_at(status):
    sent = []

    class Refusing(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.answer(404)

        def do_POST(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            sent.append(self.path)
            self.answer(status)

        def answer(self, code):
            error = {"message": "refused", "type": "invalid_request_error", "code": None}
            body = json.dumps({"error": error}).encode()
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    told = f'name="fake", base_url="{url}", wire_api="responses", env_key="OPENAI_API_KEY"'
    done = subprocess.run(
        [*COMMAND, f"model_providers.fake={{{told}}}", "hello"],
        env={**os.environ, "OPENAI_API_KEY": "none"},
        stdin=subprocess.DEVNULL, capture_output=True, timeout=300,
    )
    server.shutdown()
    assert done.returncode == 1, done
    assert set(sent) == {"/v1/responses"}, sent
    return len(sent)


counts = {status: requests_at(status) for status in (400, 402, 413, 422, 429)}
assert counts == {400: 1, 402: 6, 413: 6, 422: 6, 429: 1}, counts
print("requests of codex 0.171.0 by the status that refused them:", counts)
PY
python3 look.py

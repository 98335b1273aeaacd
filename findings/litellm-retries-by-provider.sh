#!/usr/bin/env bash
# LiteLLM's `num_retries=2` is five requests to OpenAI's format and three to Anthropic's.
#
# Packages: litellm 1.110.2, openai 3.3.0, tenacity 8.5.0 (LiteLLM does not install it, and
# `num_retries` fails for want of it). A provider that answers 500 to all.
# Guess: three requests for each of the two, and without the option the same number for both.
# Seen:  5 and 3 with the option, 3 and 1 without: OpenAI's client tries the first call
#        three times by itself, and LiteLLM's two come on top.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq litellm==1.110.2 openai==3.3.0 tenacity==8.5.0
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import litellm

litellm.suppress_debug_info = True
seen = []


class Failing(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        seen.append(self.path)
        said = b'{"error": {"message": "no", "type": "server_error"}}'
        self.send_response(500)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


server = ThreadingHTTPServer(("127.0.0.1", 0), Failing)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"


def requests(model, **options):
    """How many requests one call of `completion` sends before it gives up."""
    seen.clear()
    messages = [{"role": "user", "content": "hi"}]
    try:
        litellm.completion(model, messages, api_base=url, api_key="x", **options)
    except litellm.InternalServerError:
        return len(seen)
    raise AssertionError("an answer of a provider that has none")


models = "openai/gpt-5", "anthropic/claude-opus-4-5"
bare = [requests(model) for model in models]
two = [requests(model, num_retries=2) for model in models]
assert (bare, two) == ([3, 1], [5, 3]), (bare, two)
print(
    f"litellm 1.110.2: {two[0]} requests to OpenAI and {two[1]} to Anthropic with",
    f"num_retries=2; {bare[0]} and {bare[1]} without it",
)
PY

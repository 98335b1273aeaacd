#!/usr/bin/env bash
# Logfire's span of a streamed answer has no tokens; a second trace of no duration has them.
#
# Packages: pip logfire 5.4.0, openai 3.57.0. One streamed chat completion with usage asked
# for (1000 and 50 tokens), outside of any other span, of a provider on loopback.
# Guess: one span, as of an answer that is not streamed, from the request to the last chunk,
#        with the tokens.
# Seen:  the call's span ends when the stream begins, and has none. When the stream has been
#        read, a span with the same model, its end equal to its start, and the tokens is made
#        in a trace of its own. So by trace the call is two, one of which took no time.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq logfire==5.4.0 openai==3.57.0 2>/dev/null
venv/bin/python - <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import logfire
import openai
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

USAGE = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        told = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5"}
        choice = {"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}
        for more in ({"choices": [choice]}, {"choices": [], "usage": USAGE}):
            self.wfile.write(f"data: {json.dumps(told | more)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
spans = InMemorySpanExporter()
logfire.configure(
    send_to_logfire=False,
    console=False,
    inspect_arguments=False,
    additional_span_processors=[SimpleSpanProcessor(spans)],
)
client = openai.OpenAI(api_key="k", base_url=f"http://127.0.0.1:{server.server_port}/v1")
logfire.instrument_openai(client)
list(
    client.chat.completions.create(
        model="gpt-5",
        messages=[{"role": "user", "content": "hello"}],
        stream=True,
        stream_options={"include_usage": True},
    )
)
server.shutdown()
call, told = spans.get_finished_spans()
seen = {
    "call's tokens": call.attributes.get("gen_ai.usage.input_tokens"),
    "second's tokens": told.attributes.get("gen_ai.usage.input_tokens"),
    "second's duration": told.end_time - told.start_time,
    "traces": len({call.context.trace_id, told.context.trace_id}),
    "models": {call.attributes["gen_ai.request.model"], told.attributes["gen_ai.request.model"]},
}
assert seen == {
    "call's tokens": None,
    "second's tokens": 1000,
    "second's duration": 0,
    "traces": 2,
    "models": {"gpt-5"},
}, f"changed: {seen}"
print("logfire 5.4.0: a streamed call is two traces; the one with its 1000 tokens took 0 ns")
PY

#!/usr/bin/env bash
# LangSmith's wrapper of the Anthropic client sees a stream's usage by one way of four.
#
# Packages: langsmith 0.15.1, anthropic 2.14.0 (nothing forbids the two together).
# Guess: a wrapped client gives what the plain one gives, and one run with 10 and 3 tokens.
# Seen:  `text_stream` alone does so. `get_final_message` leaves no run. Read by its
#        events, `stream()` and `create(stream=True)` alike, the answer arrives whole and
#        then a TypeError of the tracing reaches the caller; the run has no tokens.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LANGSMITH_TRACING=true
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq langsmith==0.15.1 anthropic==2.14.0
PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -W ignore - <<'PY'
import anthropic
from fake_provider import claude_stream, serve
from langsmith import Client
from langsmith.wrappers import wrap_anthropic

usage = {"input_tokens": 10, "output_tokens": 3}
url = serve(lambda path, body: claude_stream(usage, usage))
question = {
    "model": "claude-opus-4-5",
    "max_tokens": 10,
    "messages": [{"role": "user", "content": "hi"}],
}


def final(client):
    with client.messages.stream(**question) as stream:
        stream.get_final_message()


def text(client):
    with client.messages.stream(**question) as stream:
        list(stream.text_stream)


def events(client):
    with client.messages.stream(**question) as stream:
        list(stream)


def plain(client):
    list(client.messages.create(stream=True, **question))


def told(way):
    """The runs, their tokens and the name of the error for this way to read a stream."""
    runs, tokens = [], []

    class Recorder(Client):
        def create_run(self, *rest, **options):
            runs.append(options)

        def update_run(self, *rest, **options):
            told = (options.get("outputs") or {}).get("usage_metadata") or {}
            tokens.extend(told[name] for name in ("input_tokens", "output_tokens") if told)

    way(anthropic.Anthropic(api_key="x", base_url=url))
    recorder = Recorder(api_url=url, api_key="x", auto_batch_tracing=False, info={})
    client = anthropic.Anthropic(api_key="x", base_url=url)
    try:
        way(wrap_anthropic(client, tracing_extra={"client": recorder}))
    except TypeError as error:
        return len(runs), tokens, type(error).__name__
    return len(runs), tokens, None


seen = {way.__name__: told(way) for way in (text, final, events, plain)}
assert seen == {
    "text": (1, [10, 3], None),
    "final": (0, [], None),
    "events": (1, [], "TypeError"),
    "plain": (1, [], "TypeError"),
}, seen
print(
    "langsmith 0.15.1: a streamed Claude answer has its tokens by text_stream, no run by",
    "get_final_message, and by its events a run without tokens and a TypeError",
)
PY

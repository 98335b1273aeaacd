#!/usr/bin/env bash
# OpenTelemetry's OpenAI instrumentation cannot be imported beside the OpenAI SDK 3.
#
# Packages: opentelemetry-instrumentation-openai-v2 2.4b0 with its extra `instruments`
# (openai>=1.26.0), which takes openai 3.57.0.
# Guess: pip resolves the extra and `pip check` is content, so the two work together.
# Seen:  pip is content, the import ends in "No module named 'httpx'": the instrumentation
#        imports httpx and does not ask for it; SDK 3 brings httpx2 in its place.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq "opentelemetry-instrumentation-openai-v2[instruments]==2.4b0" \
  openai==3.57.0
"$work/venv/bin/pip" check >/dev/null
"$work/venv/bin/python" -W ignore - <<'PY'
import openai

try:
    import opentelemetry.instrumentation.openai_v2
except ModuleNotFoundError as error:
    missing = error.name
else:
    missing = None
assert missing == "httpx", missing
print(
    "opentelemetry-instrumentation-openai-v2 2.4b0 beside openai",
    f"{openai.__version__}: pip check is content, the import misses {missing}",
)
PY

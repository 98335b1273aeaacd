#!/usr/bin/env bash
# LiteLLM counts the same Claude with two tokenizers, by the spelling of its id.
#
# Packages: litellm 1.110.2, `token_counter`; the vocabularies are in its wheel.
# Guess: an id with the provider before it counts as the id without, as it prices.
# Seen:  155 tokens as claude-opus-4-5, 140 as anthropic/claude-opus-4-5 and as
#        claude-opus-4-1: only a bare id of 4.5 and later gets the Claude vocabulary.
# A budget checked before the routing (bare) and after it (prefixed) disagrees by 10 %.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" NO_PROXY=127.0.0.1 LITELLM_LOCAL_MODEL_COST_MAP=True
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq litellm==1.110.2
"$work/venv/bin/python" -W ignore - <<'PY'
import litellm

text = (
    "The quick brown fox jumps over the lazy dog. "
    "Привет мир, 你好世界 def f(x): return x"
) * 5
ids = ["claude-opus-4-5", "anthropic/claude-opus-4-5", "claude-opus-4-1"]
counts = {name: litellm.token_counter(model=name, text=text) for name in ids}
windows = {
    litellm.get_model_info(name)["max_input_tokens"] for name in ids[:2]
}
assert windows == {200_000}, windows  # one model in LiteLLM's own catalogue
assert counts == dict(zip(ids, (155, 140, 140))), counts
print(f"litellm 1.110.2: one text is {counts} tokens")
PY

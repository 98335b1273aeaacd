"""Which program a `User-Agent` names, as people call it."""

from __future__ import annotations

import re
from functools import lru_cache

# By the product in lower case: the text before the first "/".
NAMES = {
    "claude-cli": "Claude Code",  # claude-cli/2.1.332 (external, cli)
    "codex_cli_rs": "Codex",
    "codex_exec": "Codex",
    "codex_vscode": "Codex",
    "codex-tui": "Codex",
    "opencode": "opencode",
    "geminicli": "Gemini CLI",  # GeminiCLI/0.9.0/gemini-2.5-pro (linux; x64)
    "qwencode": "Qwen Code",
    "aider": "aider",
    "cline": "Cline",
    "roocode": "Roo Code",
    "kilo-code": "Kilo Code",
    "goose": "Goose",
    "zed": "Zed",
    "litellm": "LiteLLM",  # aider's calls to Anthropic, too
    "anthropic": "Anthropic SDK",  # Anthropic/Python 0.34.2
    "asyncanthropic": "Anthropic SDK",
    "openai": "OpenAI SDK",
    "asyncopenai": "OpenAI SDK",
    "google-genai-sdk": "Google Gen AI SDK",
    "ai": "AI SDK",  # ai/5.0.44 ai-sdk/provider-utils/3.0.9 runtime/node.js/22
    "ai-sdk": "AI SDK",
}
LONGEST = 60
PROGRAM = "program"  # what a session's metadata calls it
_READ = 200  # characters of the header
_PRODUCT = re.compile(r"\s*([\w.-]+)(?:/|\s|$)", re.ASCII)
_EDITORS = "geminicli-"  # GeminiCLI-vscode/0.30.0
_BROWSER = "mozilla"


@lru_cache(maxsize=1_000)
def program_of(user_agent: str) -> str:
    """`"Claude Code"`; a product that is not known by its own name: "python-httpx" of
    "python-httpx/0.28.1". "" for a browser, and where none is named.
    """
    found = _PRODUCT.match(user_agent[:_READ])
    product = found[1][:LONGEST] if found else ""
    known = product.lower()
    if known.startswith(_EDITORS):
        return NAMES["geminicli"]
    return "" if known == _BROWSER else NAMES.get(known, product)

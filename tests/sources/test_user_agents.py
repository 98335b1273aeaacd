"""A program's name, from what it calls itself."""

from __future__ import annotations

import pytest

from tracker.reading.sessions.clients import CLIENTS
from tracker.sources.user_agents import LONGEST, NAMES, program_of


@pytest.mark.parametrize(
    ("user_agent", "program"),
    [
        ("claude-cli/2.1.332 (external, sdk-cli)", "Claude Code"),
        ("codex_exec/0.171.0 (Debian 12.0.0; x86_64) xterm", "Codex"),
        ("QwenCode/0.24.4 (linux; x64)", "Qwen Code"),
        ("GeminiCLI/0.30.0/gemini-3-pro (linux; x64)", "Gemini CLI"),
        ("GeminiCLI-vscode/0.30.0/gemini-3-pro (linux; x64)", "Gemini CLI"),
        ("opencode/1.18.33 ai-sdk/provider-utils/3.0.9", "opencode"),
        ("litellm/1.110.2", "LiteLLM"),
        ("AsyncAnthropic/Python 2.12.0", "Anthropic SDK"),
        ("OpenAI/JS 6.1.0", "OpenAI SDK"),
        ("google-genai-sdk/1.75.0 gl-python/3.11.7", "Google Gen AI SDK"),
        ("ai/5.0.44 ai-sdk/provider-utils/3.0.9", "AI SDK"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("curl", "curl"),
        ("Mozilla/5.0 (X11; Linux x86_64)", ""),
        ("", ""),
        ("<b>/1", ""),
        ("\x1b[31mred/1", ""),
        ("x" * 500, "x" * LONGEST),
    ],
)
def test_a_program_is_named_as_people_call_it(user_agent: str, program: str) -> None:
    assert program_of(user_agent) == program


def test_a_client_that_is_read_in_other_ways_has_one_name() -> None:
    others = {"Roo Code", "Anthropic SDK", "OpenAI SDK", "Google Gen AI SDK", "AI SDK"}

    assert set(NAMES.values()) - others <= set(CLIENTS.values())

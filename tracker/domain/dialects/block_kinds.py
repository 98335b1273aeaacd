"""Which kinds of blocks are known in Anthropic's, OpenAI's and LangChain's messages.

The names are those of the SDKs' own types (anthropic 2.12, openai 3.54,
langchain-core 1.7). A block of another kind is never guessed at: its JSON is not what
the model is shown, so its letters are no tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ANTHROPIC = frozenset(
    {
        "advisor_tool_result", "bash_code_execution_tool_result", "browser_state",
        "code_execution_tool_result", "compaction", "container_upload", "document",
        "fallback", "mcp_tool_listing", "mcp_tool_result", "mcp_tool_use",
        "redacted_thinking", "search_result", "server_tool_use",
        "text_editor_code_execution_tool_result", "thinking", "tool_addition",
        "tool_reference", "tool_removal", "tool_result", "tool_search_tool_result",
        "tool_use", "web_fetch_tool_result", "web_search_tool_result",
    }
)  # fmt: skip
OPENAI_CHAT = frozenset({"image_url", "input_audio", "refusal"})
OPENAI_RESPONSES = frozenset(
    {
        "computer_screenshot", "input_file", "input_image", "input_text",
        "output_text", "reasoning_text", "summary_text",
    }
)  # fmt: skip
# What a list of the Responses API may hold beside messages.
ITEMS = frozenset(
    {
        "additional_tools", "apply_patch_call", "apply_patch_call_output",
        "code_interpreter_call", "compaction", "compaction_trigger", "computer_call",
        "computer_call_output", "configuration_update", "custom_tool_call",
        "custom_tool_call_output", "file_search_call", "function_call",
        "function_call_output", "image_generation_call", "item_reference",
        "local_shell_call", "local_shell_call_output", "mcp_approval_request",
        "mcp_approval_response", "mcp_call", "mcp_list_tools", "message", "program",
        "program_output", "reasoning", "shell_call", "shell_call_output",
        "tool_search_call", "tool_search_output", "web_search_call",
    }
)  # fmt: skip
_SHARED = frozenset(
    {
        # of several dialects; of MCP's results; of vLLM's, Mistral's and LangChain's
        "text", "image", "file", "audio", "video", "media", "resource",
        "resource_link", "image_file", "audio_url", "video_url", "document_url",
        "reference", "text-plain", "reasoning", "tool_call", "tool_call_chunk",
        "invalid_tool_call", "server_tool_call", "server_tool_call_chunk",
        "server_tool_result", "non_standard", "executable_code",
        "code_execution_result", "function_call",
    }
)  # fmt: skip
KNOWN = ANTHROPIC | OPENAI_CHAT | OPENAI_RESPONSES | _SHARED
_LONGEST_NAME = 60


def only_known(content: Any) -> tuple[Any, str | None]:
    """The content without what is of no known kind, and what the first such is.

    Text passes as it is, so does a list that is known throughout. A tool's result is
    looked into: `[{"type": "tool_result", "content": [{"type": "hologram"}]}]` leaves
    the result with an empty content, and 'block 0.0 of type "hologram"'.
    """
    if isinstance(content, Mapping):
        kept, complaint = _only_known([content], "")
        return (kept[0] if kept else None), complaint
    if isinstance(content, list):
        return _only_known(content, "")
    if content is None or isinstance(content, str):
        return content, None
    return None, "content must be text or a list of blocks"


def _only_known(blocks: Sequence[Any], place: str) -> tuple[list[Any], str | None]:
    kept: list[Any] = []
    first: str | None = None
    for at, block in enumerate(blocks):
        known, complaint = _known(block, f"{place}{at}")
        first = first or complaint
        if known is not None:
            kept.append(known)
    return kept, first


def _known(block: Any, place: str) -> tuple[Any, str | None]:
    """None for a block of no known kind."""
    if isinstance(block, str):
        return block, None
    if not isinstance(block, dict | Mapping):
        return None, f"block {place} is no object"
    kind = block.get("type")
    if kind is None:
        return None, f"block {place} has no type"
    if not isinstance(kind, str) or kind not in KNOWN:
        return None, f"block {place} of type {quoted(kind)} is of no known kind"
    if "." in place:
        return block, None  # results within results are counted as they are
    inner = block.get("content")
    if kind != "tool_result" or not isinstance(inner, list):
        return block, None  # a server tool's result holds types of its own
    kept, complaint = _only_known(inner, f"{place}.")
    return ({**block, "content": kept} if complaint else block), complaint


def quoted(name: object) -> str:
    """A name that a client chose, short enough for an answer."""
    return f'"{str(name)[:_LONGEST_NAME]}"'

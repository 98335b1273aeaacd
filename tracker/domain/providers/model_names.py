"""The many spellings of a model's name -> the one the provider itself uses.

`us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `vertex_ai/claude-sonnet-4-5@20250929`,
`anthropic:claude-sonnet-4-5`, `databricks-claude-sonnet-4-5` and
`anthropic/Claude-Sonnet-4.5` are one model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_LONG_CONTEXT = "[1m]"  # Claude Code's mark for the window of a million tokens
# pydantic-ai, LangChain and others write provider:model. Ollama writes model:tag, and
# some of its models are called like a provider (mistral:7b): a tag is no model.
_PROVIDER = re.compile(
    r"^(gateway[/:])?(anthropic|azure|azure[-_](ai|openai)|bedrock|bedrock[-_]converse"
    r"|aws|cerebras|cohere|copilot|databricks|deepinfra|deepseek|fireworks|gemini"
    r"|github|github[-_]copilot|google|google[-_](genai|gla|vertex|vertexai"
    r"|anthropic[-_]vertex)|grok|groq|heroku|hosted[-_]vllm|huggingface|litellm"
    r"|lm[-_]?studio|mistral|mistralai|moonshot|moonshotai|nvidia|ollama|ollama[-_]chat"
    r"|openai|openai[-_](chat|responses)|openrouter|perplexity|sambanova|sglang"
    r"|together|togetherai|vercel|vertex|vertex[-_]?ai|vllm|watsonx|x-?ai|zai|zhipuai)"
    r":(?!(latest|\d+(\.\d+)?[bm]\b))"
)
_HOSTED = re.compile(
    r"^(databricks|heroku|snowflake|azure|bedrock|vertex)-(?=claude|gpt"
    r"|gemini|meta-llama|llama|gemma|qwen)"
)
# Cursor, Snowflake and SAP write the number first, as Anthropic did up to 3.7.
_NUMBER_FIRST = re.compile(r"^claude-([4-9](?:-\d{1,2})?)-(opus|sonnet|haiku)(?=$|-)")
_REGION = re.compile(r"^(us-gov|us|eu|apac|ap|jp|au|ca|sa|me|af|global)\.")
_VENDOR = re.compile(
    r"^(ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshotai"
    r"|moonshot|nvidia|openai|qwen|writer|xai|zai)\."
)
_BEDROCK_VERSION = re.compile(r"(-v\d+)?:\d+(:\w+)?$")
# Clouds number their releases of one model: claude-3-5-sonnet-v2@20241022.
_CLAUDE_RELEASE = re.compile(r"^(claude-.*\d.*?)-v\d+(?=$|-\d{8}$)")
_AT_VERSION = re.compile(r"@.*$")
_VARIANT = re.compile(r":[a-z][\w-]*$")  # OpenRouter's :free, :thinking
_DATE = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")
_LATEST = re.compile(r"-latest$")
_MAX_NAME = 300  # longer ones are no names; the patterns need not see them


@lru_cache(maxsize=4096)
def bare_name(model: str) -> str:
    """The provider's own name in lower case, its date kept; "" where none is said."""
    name = model.strip().lower()[:_MAX_NAME].removesuffix(_LONG_CONTEXT).strip()
    name = _PROVIDER.sub("", name)
    fine_tuned = name.rsplit("/", 1)[-1].startswith("ft:")
    name = name.rsplit("/", 1)[-1].removeprefix("ft:")
    if fine_tuned:
        name = name.split(":", 1)[0]
    name = _HOSTED.sub("", _VENDOR.sub("", _REGION.sub("", name)))
    name = name.replace("anthropic--", "")  # SAP's AI Core
    dated = _AT_VERSION.search(name)
    name = _AT_VERSION.sub("", name)
    if dated and re.fullmatch(r"@\d{8}", dated[0]):
        name += f"-{dated[0][1:]}"
    name = _VARIANT.sub("", _BEDROCK_VERSION.sub("", name))
    # Anthropic writes its versions with dashes, resellers with dots.
    if name.startswith("claude-"):
        name = _CLAUDE_RELEASE.sub(r"\1", name.replace(".", "-"))
        name = _NUMBER_FIRST.sub(r"claude-\2-\1", name)
    return name


def undated(name: str) -> str:
    """A bare name without its date: `gpt-5-2025-08-07` is `gpt-5`."""
    return _DATE.sub("", name)


def is_long_context(model: str) -> bool:
    return model.strip().lower().endswith(_LONG_CONTEXT)


@lru_cache(maxsize=4096)
def family_name(model: str) -> str:
    """The model without provider, region, date or `latest`: equal for every spelling
    of one model.

    `us.anthropic.claude-sonnet-4-5-20250929-v1:0` (Bedrock),
    `vertex_ai/claude-sonnet-4-5@20250929` (Vertex AI), `claude-sonnet-4-5[1m]` (Claude
    Code) and `anthropic/claude-sonnet-4.5` (OpenRouter) are all `claude-sonnet-4-5`.
    """
    *_, shortest = known_as(model)
    return shortest


def known_as(model: str) -> Iterator[str]:
    """Names to look a model up by: exactly, then without date, then without latest.

    A name is never shortened further: an unknown relative may differ in its window.
    """
    name = bare_name(model)
    yield name
    if undated(name) != name:
        yield undated(name)
    general = _LATEST.sub("", name)
    if general != name:
        yield general

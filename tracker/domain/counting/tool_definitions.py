"""Tool definitions -> tokens, as each provider writes them into the prompt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracker.domain.counting.content_tokens import Count, as_data, compact_json
from tracker.domain.counting.overheads import Overheads

# openai-cookbook, How_to_count_tokens_with_tiktoken, for gpt-4o and later: its example
# gives 101 tokens, as the API does. Nested schemas, which it leaves out, are counted
# by the same rule.
_FUNCTION, _FUNCTION_END = 7, 12
_PROPERTIES, _PROPERTY = 3, 3
_ENUM, _ENUM_ITEM = -3, 3
_VARIANTS = ("anyOf", "oneOf", "allOf", "prefixItems")


def tools_tokens(tools: Any, count: Count, overheads: Overheads) -> int:
    """All definitions and what they bring along; 0 without tools.

    Takes Anthropic's shape, OpenAI's two, and a plain text of definitions.
    """
    if not tools:
        return 0
    if isinstance(tools, str):
        return overheads.tools_prompt + count(tools)
    tokens = overheads.tools_prompt
    for tool in tools if isinstance(tools, list | tuple) else [tools]:
        data = as_data(tool)
        definition = _definition(data)
        if overheads.tools_as == "functions" and definition.get("name"):
            tokens += _function_tokens(definition, count)
        else:
            tokens += count(compact_json(data))
    return tokens


def _definition(tool: Any) -> Mapping[str, Any]:
    """name, description and parameters, wherever this shape keeps them."""
    if not isinstance(tool, Mapping):
        return {}
    inner = tool.get("function")
    data = inner if isinstance(inner, Mapping) else tool
    schema = data.get("parameters") or data.get("input_schema")
    return {
        "name": data.get("name"),
        "description": data.get("description"),
        "parameters": schema if isinstance(schema, Mapping) else {},
    }


def _function_tokens(definition: Mapping[str, Any], count: Count) -> int:
    description = str(definition["description"] or "").removesuffix(".")
    tokens = _FUNCTION + count(f"{definition['name']}:{description}")
    return tokens + _schema_tokens(definition["parameters"], count) + _FUNCTION_END


def _schema_tokens(schema: Mapping[str, Any], count: Count) -> int:
    """The properties of an object schema, and of the schemas inside them."""
    tokens = 0
    waiting: list[Any] = [schema]  # no recursion: clients choose the depth
    while waiting:
        current = waiting.pop()
        if not isinstance(current, Mapping):
            continue
        properties = current.get("properties")
        if isinstance(properties, Mapping) and properties:
            tokens += _PROPERTIES
            for name, value in properties.items():
                tokens += _PROPERTY + _property_tokens(str(name), value, count)
                waiting.append(value)
        waiting.extend(_enclosed(current))
    return tokens


def _property_tokens(name: str, value: Any, count: Count) -> int:
    if not isinstance(value, Mapping):
        return count(name)
    kind = value.get("type", "")
    kind = kind if isinstance(kind, str) else compact_json(kind)
    description = str(value.get("description") or "").removesuffix(".")
    tokens = count(f"{name}:{kind}:{description}")
    items = value.get("enum")
    if isinstance(items, list | tuple):
        tokens += _ENUM
        for item in items:
            tokens += _ENUM_ITEM + count(str(item))
    return tokens


def _enclosed(schema: Mapping[str, Any]) -> Iterable[Any]:
    yield schema.get("items")
    for field in _VARIANTS:
        variants = schema.get(field)
        if isinstance(variants, list | tuple):
            yield from variants
    definitions = schema.get("$defs")
    if isinstance(definitions, Mapping):
        yield from definitions.values()

"""The OpenAPI document as rows for a template: operations, fields, curl lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

METHODS = ("get", "post")
# A body to copy and run, for each operation that takes one.
EXAMPLES: dict[str, Any] = {
    "record_usage": {
        "session": "chat-42",
        "model": "my-model",
        "message_count": 18,
        "tokens": {"system": 2000, "history": 157172, "user_context": 3000},
    },
    "optimize_messages": {"messages": [{"role": "user", "content": "Hello"}]},
    "record_compression": {
        "before_tokens": 180000,
        "after_tokens": 40000,
        "summary": "We fixed the port.",
    },
    "review_compression": {"review": "accepted", "expected": "pending"},
    "litellm": [],
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    is_required: bool
    description: SafeString


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation. `example` is the body of its curl line, or ""."""

    id: str
    method: str
    path: str
    summary: str
    description: SafeString
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[tuple[str, str, str], ...]
    example: str
    needs_key: bool


@dataclass(frozen=True, slots=True)
class CallGroup:
    title: str
    operations: tuple[Shown, ...]


def groups_of(document: dict[str, Any]) -> list[CallGroup]:
    """The operations, grouped by the first part of their address."""
    found: dict[str, list[Shown]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                shown = _operation(path, method, item)
                found.setdefault(_title(path), []).append(shown)
    return [CallGroup(title, tuple(shown)) for title, shown in found.items()]


def _title(path: str) -> str:
    if "/otel/" in path or path.startswith("/v1/") or "/sources/" in path:
        return "Other tools' formats"
    parts = path.removeprefix("/api/v1/").split("/")
    known = ("usage", "sessions", "events", "compressions", "export")
    return parts[0].capitalize() if parts[0] in known else "The server itself"


def _operation(path: str, method: str, item: dict[str, Any]) -> Shown:
    operation = item[method]
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    example = EXAMPLES.get(operation["operationId"])
    return Shown(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=with_code(operation.get("description", "")),
        parameters=tuple(
            Field(
                p["name"],
                kind_of(p["schema"]),
                p.get("required", False),
                with_code(p["description"]),
            )
            for p in parameters
        ),
        body=kind_of(schema) if schema else "",
        answers=tuple(
            (status, answer["description"], _answer(answer))
            for status, answer in sorted(operation["responses"].items())
        ),
        example="" if example is None else json.dumps(example),
        needs_key=operation.get("security") is None,
    )


def _answer(answer: dict[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return kind_of(schema) if schema else ""


def schemas_of(document: dict[str, Any]) -> list[tuple[str, list[Field]]]:
    """Each named shape with its fields."""
    return [
        (
            name,
            [
                Field(
                    field,
                    kind_of(schema),
                    field in found.get("required", ()),
                    with_code(schema.get("description", "")),
                )
                for field, schema in found.get("properties", {}).items()
            ],
        )
        for name, found in document["components"]["schemas"].items()
    ]


def with_code(text: str) -> SafeString:
    """Text as HTML: what stands between backticks becomes code."""
    pieces = text.split("`")
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<code>{}</code>", piece) if n % 2 else piece,)
            for n, piece in enumerate(pieces)
        ),
    )


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: `integer ≥ 0`, `list of Event`, `text or null`."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    for joined in ("anyOf", "oneOf"):
        if joined in schema and "type" not in schema:
            return " or ".join(kind_of(part) for part in schema[joined])
    if "enum" in schema:
        return " | ".join(json.dumps(word) for word in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    words = {"string": schema.get("format", "text").replace("date-time", "time")}
    text: str = words.get(kind, kind)
    if "minimum" in schema:
        text += f" ≥ {schema['minimum']:,}"
    if "maximum" in schema:
        text += f" ≤ {schema['maximum']:,}"
    if "maxLength" in schema:
        text += f", at most {schema['maxLength']:,} characters"
    return text

"""Words of JSON Schema that the shapes and parameters are written in."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANYTHING: Schema = {"type": "object"}
TIME: Schema = {"type": "string", "format": "date-time"}
TOKENS: Schema = {"type": "integer", "minimum": 0}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(words: Any, description: str = "") -> Schema:
    found: Schema = {"type": "string", "enum": list(words)}
    return found | ({"description": description} if description else {})


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def closed(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object with exactly these properties; `optional` ones may be missing."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def page_of(schema: Schema, **more: Schema) -> Schema:
    following = said(or_null(TEXT), "The cursor of the next page; null on the last.")
    return closed({"results": many(schema), **more, "next": following})

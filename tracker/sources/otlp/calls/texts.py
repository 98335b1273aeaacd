"""Texts among a span's attributes."""

from __future__ import annotations

from tracker.sources.otlp.wire.records import Attributes


def first_text(attributes: Attributes, keys: tuple[str, ...]) -> str:
    """The first of `keys` that holds text; "" for none."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def unquoted(text: str) -> str:
    """MLflow writes each value as JSON: a model stands in quotes."""
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if is_quoted else text

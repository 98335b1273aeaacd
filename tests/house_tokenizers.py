"""Tokenizers of an operator's own, as TOKEN_BUDGET_TOKENIZERS names them in tests."""

from __future__ import annotations


def words(text: str) -> list[str]:
    return text.split()


def picky(text: str) -> int:
    """Works, until somebody says the word."""
    if "unspeakable" in text:
        raise UnicodeError(text)
    return len(text.split())

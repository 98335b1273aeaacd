"""Tokenizers of somebody's own, by dotted path: loaded, run, and watched for failures.

Whatever they raise becomes a `reason`: no report fails for it.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from operator import index
from typing import Any

_lock = threading.Lock()
_failures: dict[str, tuple[int, str]] = {}  # label -> how often, and how last


class TokenizerUnavailable(LookupError):
    """The tokenizer cannot be loaded here; the text says why."""


class TokenizerFailed(RuntimeError):
    """A tokenizer that works gave no number for one text. Never quotes the text."""


@dataclass(frozen=True, slots=True)
class OwnTokenizer:
    """A callable that takes a text and gives a number, or a sequence of tokens."""

    label: str
    function: Callable[[str], Any]

    def __call__(self, text: str) -> int:
        """Tokens of `text`. Raises TokenizerFailed."""
        try:
            return _number(self.function(text))
        except Exception as error:  # somebody else's code
            # Its message may quote the text, which is private.
            reason = f"{self.label} failed on a text: {type(error).__name__}"
            _note(self.label, reason)
            raise TokenizerFailed(reason) from error


def load_tokenizer(path: str, label: str) -> OwnTokenizer:
    """`package.module:function` (or with a dot), imported and tried on one word.

    Raises TokenizerUnavailable.
    """
    module, _, attribute = path.replace(":", ".").rpartition(".")
    try:
        function = getattr(importlib.import_module(module), attribute)
        _number(function("probe"))
    except Exception as error:  # somebody else's code
        raise TokenizerUnavailable(f"{label} cannot count: {error!r}") from error
    return OwnTokenizer(label, function)


def failures_of(label: str) -> str | None:
    """What went wrong in this process since it began, None where nothing did."""
    count, reason = _failures.get(label, (0, ""))
    return f"{reason}, {count:,} times so far" if count > 1 else reason or None


def forget_failures() -> None:
    with _lock:
        _failures.clear()


def _note(label: str, reason: str) -> None:
    with _lock:
        _failures[label] = (_failures.get(label, (0, ""))[0] + 1, reason)


def _number(answer: Any) -> int:
    """A number as it is (numpy's too), the length of anything else."""
    try:
        tokens = index(answer)
    except TypeError:
        tokens = len(answer)
    if tokens < 0:
        raise ValueError(f"{tokens} tokens")
    return tokens

"""A system check: the server does not start with a tokenizer that cannot count."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from tracker.domain.counting.tokenizers.own import TokenizerUnavailable, load_tokenizer
from tracker.reading.tokenizers import tokenizer_paths

TAG = "settings"


def check_tokenizers(**_: Any) -> list[CheckMessage]:
    """Import each tokenizer and count one word, as the first report would."""
    found: list[CheckMessage] = []
    for name, path in tokenizer_paths().items():
        try:
            load_tokenizer(path, f"{name} ({path})")
        except TokenizerUnavailable as error:
            found.append(
                Error(
                    f"TOKEN_BUDGET_TOKENIZERS: {error}",
                    hint="Install its package into this environment, correct "
                    "package.module:function (it takes a text and returns a number or "
                    "a sequence of tokens), or take it out of the setting.",
                    id="tracker.E001",
                )
            )
    return found

"""Which tokenizer a policy's `counting` means: TOKEN_BUDGET_TOKENIZERS in the settings.

It maps a name to a callable's path: {"llama": "house_tokenizers.llama:count"}.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

BUILT_IN = {
    "by_script": "Estimated by script",
    "estimated": "Estimated: characters / 3.5",
    "counted": "Counted by tiktoken",
}


def tokenizer_paths() -> Mapping[str, str]:
    return getattr(settings, "TOKEN_BUDGET_TOKENIZERS", None) or {}


def counting_method(counting: str) -> str:
    """What `domain.counting.counters.token_counter` takes, also in a process without
    settings: `llama` -> `llama=house_tokenizers.llama:count`.

    A name that is not in the settings is no error: text is then estimated, and the
    answer says why.
    """
    if counting in BUILT_IN:
        return counting
    return f"{counting}={tokenizer_paths().get(counting, '')}"


def counting_choices(present: str = "") -> list[tuple[str, str]]:
    """What a policy may choose. `present` is offered even when it was removed."""
    own = {name: f"{name} (own tokenizer)" for name in sorted(tokenizer_paths())}
    known = BUILT_IN | own
    if present and present not in known:
        known[present] = f"{present} (not set up; text is estimated)"
    return [("", "---------"), *known.items()]

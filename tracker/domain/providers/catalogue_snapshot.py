"""litellm's list of models (MIT) -> the trimmed snapshot the catalogue reads.

litellm keeps thousands of rows, one per provider, region and date. Kept are the
models as their makers offer them, once each, under their bare names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tracker.domain.providers.model_names import bare_name, undated

# Whoever makes a model knows its window best; the clouds still list models that the
# maker has retired. Other hosts cut windows to their own hardware: not taken.
_MAKERS = (
    "anthropic",
    "openai",
    "gemini",
    "mistral",
    "xai",
    "deepseek",
    "cohere_chat",
    "dashscope",
    "meta_llama",
    "minimax",
    "moonshot",
    "zai",
)
_CLOUDS = ("vertex_ai-anthropic_models", "bedrock_converse", "bedrock", "azure")
_CLOUD_MODELS = re.compile(r"(claude-\w+-|gpt-\d|o\d|nova-|llama)")
# Where a maker lists another's model, the other's own row is the one to keep.
_FOREIGN = re.compile(r"^(dashscope|mistral)/(?!qwen|qwq|\w*stral)")
# OpenAI's newer windows hold input and 128,000 of output together. litellm's "input"
# is the input's limit in most of their rows (272,000, 922,000) and the whole window in
# the rest; where Azure lists the same model, it has the limit.
_SHARED_WINDOWS = (400_000, 1_050_000)
_SHARED_OUTPUT = 128_000
_PRICES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_creation": "cache_creation_input_token_cost",
    "cache_hour": "cache_creation_input_token_cost_above_1hr",
}
_LONG = re.compile(r"^input_cost_per_token_above_(\d+)k_tokens$")


def snapshot_from_litellm(
    data: Mapping[str, Any], *, as_of: str, source: str = "litellm", licence: str = ""
) -> dict[str, Any]:
    """The snapshot, ready for JSON, its models in the order of their names.

    `data` is model_prices_and_context_window.json; `as_of` its date (ISO). Raises
    ValueError when it holds no model that is understood.
    """
    best: dict[str, tuple[tuple[int, int, str], dict[str, Any]]] = {}
    for key, row in data.items():
        rank = _rank(key, row)
        if rank is None:
            continue
        name = bare_name(key)
        if name not in best or rank < best[name][0]:
            best[name] = (rank, _trimmed(row))
    models = _without_repeated_dates({name: row for name, (_, row) in best.items()})
    if not models:
        raise ValueError("no model with a context window in this data")
    return {
        "source": source,
        "licence": licence,
        "as_of": as_of,
        "models": {name: models[name] for name in sorted(models)},
    }


def with_history(new: dict[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The new snapshot with the prices that models had in the old one and before.

    A price that differs held until the day of the new list: the day on which it changed
    is not known better.
    """
    for name, row in new["models"].items():
        before = old.get("models", {}).get(name, {})
        earlier = list(before.get("earlier", ()))
        changed = any(before.get(k) != row.get(k) for k in ("prices", "long"))
        if "prices" in before and changed:
            kept = {k: before[k] for k in ("prices", "long") if k in before}
            source = f"{old['source']}, {old['as_of']}"
            earlier.append({"until": new["as_of"], **kept, "source": source})
        if earlier:
            row["earlier"] = earlier
    return new


def _rank(key: str, row: Any) -> tuple[int, int, str] | None:
    """Which of several rows for one model to take, smallest first; None for none."""
    if not isinstance(row, Mapping) or row.get("mode") not in ("chat", "responses"):
        return None
    if not _is_count(row.get("max_input_tokens")):
        return None
    provider = row.get("litellm_provider")
    if provider in _MAKERS and not key.startswith("ft:"):
        return (1 if _FOREIGN.match(key) else 0, len(key), key)
    if provider in _CLOUDS and _CLOUD_MODELS.match(bare_name(key)):
        # The shortest key is the one without a region.
        return (2 + _CLOUDS.index(provider), len(key), key)
    return None


def _trimmed(row: Mapping[str, Any]) -> dict[str, Any]:
    window = max_input = int(row["max_input_tokens"])
    max_output = row.get("max_output_tokens")
    if row["litellm_provider"] in ("openai", "azure") and max_output == _SHARED_OUTPUT:
        if max_input in _SHARED_WINDOWS:
            max_input = window - _SHARED_OUTPUT
        elif max_input + _SHARED_OUTPUT in _SHARED_WINDOWS:
            window = max_input + _SHARED_OUTPUT
    trimmed: dict[str, Any] = {"window": window, "input": max_input}
    if _is_count(max_output):
        trimmed["output"] = max_output
    if prices := _prices(row, ""):
        trimmed["prices"] = prices
        for above in _long_thresholds(row)[:1]:
            long = _prices(row, f"_above_{above}k_tokens")
            trimmed["long"] = {"above": above * 1000, "prices": long}
    return trimmed


def _prices(row: Mapping[str, Any], suffix: str) -> dict[str, float]:
    """Dollars per million tokens, where the row has them."""
    found = {name: row.get(f"{field}{suffix}") for name, field in _PRICES.items()}
    return {
        name: float(Decimal(str(cost)) * 1_000_000)
        for name, cost in found.items()
        if isinstance(cost, int | float) and not isinstance(cost, bool)
    }


def _long_thresholds(row: Mapping[str, Any]) -> list[int]:
    return sorted(int(found[1]) for found in map(_LONG.match, row) if found)


def _without_repeated_dates(models: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A general name for each dated one, and dated ones only where they differ."""
    for name in sorted(models, reverse=True):  # the newest date first
        models.setdefault(undated(name), models[name])
    return {name: row for name, row in models.items() if _is_needed(name, row, models)}


def _is_needed(name: str, row: Any, models: Mapping[str, Any]) -> bool:
    general = undated(name)
    return general == name or models[general] != row


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def snapshot_text(snapshot: Mapping[str, Any]) -> str:
    """The snapshot as JSON with one model a line, so that its changes can be read."""
    head = {name: value for name, value in snapshot.items() if name != "models"}
    rows = [
        f"  {json.dumps(name)}: {json.dumps(row)}"
        for name, row in snapshot["models"].items()
    ]
    opening = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    return f'{opening},\n "models": {{\n' + ",\n".join(rows) + "\n }\n}\n"

from __future__ import annotations

import json
from typing import Any

import pytest

from tracker.domain.providers.catalogue import Catalogue
from tracker.domain.providers.catalogue_snapshot import (
    snapshot_from_litellm,
    snapshot_text,
    with_history,
)


def row(provider: str, max_input: Any, max_output: Any = 1_000, **more: Any) -> Any:
    return {
        "litellm_provider": provider,
        "mode": "chat",
        "max_input_tokens": max_input,
        "max_output_tokens": max_output,
        "input_cost_per_token": 3e-06,
        "output_cost_per_token": 1.5e-05,
        **more,
    }


def models_of(data: dict[str, Any]) -> Any:
    return snapshot_from_litellm(data, as_of="2026-11-22")["models"]


def test_a_row_is_trimmed_to_limits_and_prices_per_million() -> None:
    cache = {
        "cache_read_input_token_cost": 3e-07,
        "cache_creation_input_token_cost": 3.75e-06,
    }
    data = {"claude-x-1": row("anthropic", 200_000, 64_000, **cache, tpm=5)}

    assert models_of(data) == {
        "claude-x-1": {
            "window": 200_000,
            "input": 200_000,
            "output": 64_000,
            "prices": {
                "input": 3.0,
                "output": 15.0,
                "cache_read": 0.3,
                "cache_creation": 3.75,
            },
        }
    }


def test_prices_of_long_input_are_kept() -> None:
    long = {
        "input_cost_per_token_above_272k_tokens": 6e-06,
        "input_cost_per_token_above_200k_tokens": 5e-06,
        "output_cost_per_token_above_200k_tokens": 2e-05,
    }

    models = models_of({"gemini/g": row("gemini", 1_000_000, **long)})

    assert models["g"]["long"] == {
        "above": 200_000,
        "prices": {"input": 5.0, "output": 20.0},
    }


@pytest.mark.parametrize(
    ("provider", "max_input", "max_output", "window", "limit"),
    [
        ("openai", 272_000, 128_000, 400_000, 272_000),
        ("openai", 922_000, 128_000, 1_050_000, 922_000),
        ("openai", 400_000, 128_000, 400_000, 272_000),
        ("openai", 400_000, 272_000, 400_000, 400_000),
        ("openai", 500_000, 128_000, 500_000, 500_000),
        ("openai", 128_000, 16_384, 128_000, 128_000),
        ("openai", 128_000, None, 128_000, 128_000),
        ("anthropic", 272_000, 128_000, 272_000, 272_000),
    ],
)
def test_a_window_shared_by_input_and_output_is_told_apart_from_the_input(
    provider: str, max_input: int, max_output: int | None, window: int, limit: int
) -> None:
    models = models_of({"m": row(provider, max_input, max_output)})

    assert (models["m"]["window"], models["m"]["input"]) == (window, limit)


def test_the_maker_knows_best_then_a_cloud_without_region() -> None:
    data = {
        "us.anthropic.claude-3-x-v1:0": row("bedrock", 3),
        "anthropic.claude-3-x-v1:0": row("bedrock", 2),
        "eu.anthropic.claude-3-x-v1:0": row("bedrock", 4),
        "deepinfra/claude-3-x": row("deepinfra", 9),
    }

    assert models_of(data)["claude-3-x"]["window"] == 2
    data["claude-3-x"] = row("anthropic", 1)
    assert models_of(data)["claude-3-x"]["window"] == 1


def test_another_makers_model_is_taken_from_its_own_maker() -> None:
    data = {
        "dashscope/glm-5": row("dashscope", 2),
        "zai/glm-5-long-key": row("zai", 4),
        "zai/zai-org/glm-5": row("zai", 3),
        "mistral/mistral-large": row("mistral", 5),
    }

    models = models_of(data)

    assert models["glm-5"]["window"] == 3
    assert models["mistral-large"]["window"] == 5


def test_dates_are_kept_only_where_they_tell_something() -> None:
    data = {
        "gpt-x": row("openai", 10),
        "gpt-x-2025-01-01": row("openai", 5),
        "gpt-x-2025-06-01": row("openai", 10),
        "claude-y-1-20250101": row("anthropic", 7),
        "claude-y-1-20250601": row("anthropic", 8),
    }

    models = models_of(data)

    assert {name: each["window"] for name, each in models.items()} == {
        "claude-y-1": 8,
        "claude-y-1-20250101": 7,
        "gpt-x": 10,
        "gpt-x-2025-01-01": 5,
    }
    assert list(models) == sorted(models)


def test_rows_that_are_no_models_with_a_window_are_left_out() -> None:
    data = {
        "sample_spec": row("one of ...", "max input tokens"),
        "an-image-model": row("openai", 10) | {"mode": "image_generation"},
        "no-window": row("openai", None),
        "a-bool": row("openai", True),
        "ft:gpt-4o": row("openai", 10),
        "azure/whisper": row("azure", 10),
        "odd": 5,
        "good": row("openai", 10, "max output", input_cost_per_token=True),
    }

    models = models_of(data)

    assert models == {"good": {"window": 10, "input": 10, "prices": {"output": 15.0}}}


def test_data_without_any_model_is_refused() -> None:
    with pytest.raises(ValueError, match="no model"):
        snapshot_from_litellm({}, as_of="2026-11-22")


def test_a_model_without_prices_has_none() -> None:
    bare = {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 10}
    snapshot = snapshot_from_litellm({"m": bare}, as_of="2026-11-22")

    info = Catalogue.from_snapshot(snapshot).find("m")

    assert info is not None
    assert (info.prices, info.max_output_tokens) == (None, None)


def test_the_text_is_json_with_one_model_a_line() -> None:
    data = {f"m{n}": row("openai", 10 + n) for n in range(3)}
    snapshot = snapshot_from_litellm(
        data, as_of="2026-11-22", source="here", licence="© somebody"
    )

    text = snapshot_text(snapshot)

    assert json.loads(text) == snapshot
    assert sum(line.startswith('  "m') for line in text.splitlines()) == 3
    assert "© somebody" in text


def test_prices_that_changed_stay_with_the_day_of_the_new_list() -> None:
    data = {"claude-x-1": row("anthropic", 200_000), "claude-y-1": row("anthropic", 9)}
    first = snapshot_from_litellm(data, as_of="2026-01-01", source="a list")
    data["claude-x-1"] = row("anthropic", 200_000, input_cost_per_token=1e-06)

    second = snapshot_from_litellm(data, as_of="2026-02-01", source="a list")
    second = with_history(second, first)
    third = snapshot_from_litellm(data, as_of="2026-03-01", source="a list")
    third = with_history(third, second)

    earlier = [
        {
            "until": "2026-02-01",
            "prices": {"input": 3.0, "output": 15.0},
            "source": "a list, 2026-01-01",
        }
    ]
    assert third["models"]["claude-x-1"]["earlier"] == earlier
    assert "earlier" not in third["models"]["claude-y-1"]
    found = Catalogue.from_snapshot(third).models["claude-x-1"].earlier
    assert [str(each.until) for each in found] == ["2026-02-01"]

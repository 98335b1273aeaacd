from __future__ import annotations

from tracker.domain.providers import usage_shapes
from tracker.domain.providers.usage_shapes import UsageShape

SHAPES = [each for each in vars(usage_shapes).values() if isinstance(each, UsageShape)]


def test_every_shape_has_a_name_of_its_own() -> None:
    names = [shape.semantics for shape in SHAPES]

    assert len(names) == len(set(names)) == 7


def test_only_anthropic_and_bedrock_count_the_cache_beside_the_input() -> None:
    beside = {shape.semantics for shape in SHAPES if not shape.includes_cache}

    assert beside == {"anthropic", "bedrock"}

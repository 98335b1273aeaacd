from __future__ import annotations

from tracker.domain.providers import usage_shapes
from tracker.domain.providers.usage_shapes import UsageShape

SHAPES = [each for each in vars(usage_shapes).values() if isinstance(each, UsageShape)]


def test_every_marked_shape_is_tried_and_none_hides_another() -> None:
    marks = [mark for shape in usage_shapes.MARKED for mark in shape.marks]

    assert len(marks) == len(set(marks))
    assert all(shape.marks for shape in usage_shapes.MARKED)


def test_only_anthropic_and_bedrock_count_the_cache_beside_the_input() -> None:
    beside = {shape.semantics for shape in SHAPES if not shape.includes_cache}

    assert beside == {"anthropic", "bedrock"}

"""prune beside another prune, and beside somebody who reads all of history."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def found(cluster: Services) -> Any:
    own = cluster.with_database("crowded")
    return json.loads(own.run("-m", "tests.services.crowded_weeks"))


def test_a_second_prune_says_that_one_is_running(found: Any) -> None:
    (said, error), second = found["two"]

    assert second == ["", "Nothing was pruned: another prune is running."]
    assert said.startswith("Dropped the weeks") and error == ""


def test_the_next_prune_runs(found: Any) -> None:
    assert found["afterwards"] == ["Nothing is older than its project keeps.\n", ""]

"""Reports are stored by a role that PostgreSQL shows only its own project's rows: no
statement of the writing path needs, or touches, those of another.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def found(cluster: Services) -> Any:
    own = cluster.with_database("row_level")
    return json.loads(own.run("-m", "tests.services.row_level"))


def test_every_kind_of_report_is_stored_under_the_policies(found: Any) -> None:
    assert found["repeats"] == [[True, True], [True, True]]
    assert found["said"] > 30
    assert found["wrong"] == []
    # The second project has the same sessions and event ids as the first.
    assert found["stored"][0] == found["stored"][1] == [4, 14, 16, 1]


def test_each_project_sees_its_own_rows_alone(found: Any) -> None:
    for seen, stored in zip(found["seen"], found["stored"], strict=True):
        assert list(seen.values()) == stored
    assert found["stored"][2] == [0, 0, 0, 0]


def test_a_report_to_another_project_is_refused_by_the_policies(found: Any) -> None:
    assert "row-level security" in found["refused"]

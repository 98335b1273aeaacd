"""PostgreSQL's search index finds what looking at every row finds."""

from __future__ import annotations

import json

import pytest

from tests.reading.sessions import search_cases
from tests.services.services import Services

pytestmark = pytest.mark.services


def test_index_and_rows_agree_and_changes_are_followed(cluster: Services) -> None:
    own = cluster.with_database("searching")

    told = json.loads(own.run("-m", "tests.reading.sessions.search_cases"))

    assert told == [[], search_cases.KEPT]

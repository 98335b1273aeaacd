"""PostgreSQL's statements judge gauges as the domain does."""

from __future__ import annotations

import json

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services


def test_gauges_are_judged_as_the_domain_judges_them(cluster: Services) -> None:
    own = cluster.with_database("judged")
    found = json.loads(own.run("-m", "tests.services.judged_gauges"))

    assert len(found) == 6 and not any(found.values()), found

"""PostgreSQL writes an export's lines with the bytes that Python would write."""

from __future__ import annotations

import json

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services


def test_postgresql_writes_what_python_writes(cluster: Services) -> None:
    found = json.loads(cluster.run("-m", "tests.reading.line_cases"))

    assert len(found) == 4
    for name, (by_database, by_python) in found.items():
        assert by_database == by_python, name

"""PostgreSQL refuses numbers, NULs, halves of characters and long names: the reports
beside such a one are stored, it is answered with 422.
"""

from __future__ import annotations

import json

import pytest

from tests.faults.poison_group import POISON, REPORTS
from tests.services.services import Services

pytestmark = pytest.mark.services


def test_reports_that_postgresql_refuses_cost_no_other_one(cluster: Services) -> None:
    found = json.loads(cluster.run("-m", "tests.faults.poison_group"))

    refused = {str(number): 422 for number in POISON}
    assert found["tickets"] == found["batch"] == refused
    good = [number for number in range(REPORTS) if number not in POISON]
    assert found["stored"] == sorted(
        f"{prefix}{number:02}" for prefix in ("e", "batch") for number in good
    )
    assert found["differences"] == []

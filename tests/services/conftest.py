"""The services, once for all tests that need them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.services import Services, services


@pytest.fixture(scope="session")
def cluster() -> Iterator[Services]:
    with services() as found:
        yield found

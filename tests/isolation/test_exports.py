"""Every file one may take away, by everybody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.isolation.asking import check_anew
from tests.isolation.export_calls import EXPORTS


@pytest.mark.parametrize("route", EXPORTS)
async def test_exports(store: None, in_db: Any, route: str) -> None:
    wrong = await check_anew(EXPORTS[route], in_db)

    assert not wrong, "\n".join(wrong)

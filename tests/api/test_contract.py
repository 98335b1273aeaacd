"""Generated requests against the whole contract: whatever is sent, never a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from tracker.api.openapi.document import document

EXAMPLES = 5  # of each kind, for each operation
CONTRACT = schemathesis.openapi.from_dict(document())
VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def _calls() -> list[tuple[str, str, GenerationMode]]:
    """Every operation, as promised and, where it takes anything, as not."""
    found = []
    for path, item in document()["paths"].items():
        for method in ("get", "post"):
            if method in item:
                found.append((method, path, VALID))
                takes = {*item, *item[method]} & {"parameters", "requestBody"}
                found += [(method, path, INVALID)] if takes else []
    return found


@pytest.mark.parametrize(("method", "path", "mode"), _calls())
def test_nothing_that_is_sent_is_a_server_error(
    key: str, method: str, path: str, mode: GenerationMode
) -> None:
    from budget_site.asgi import application

    cases = CONTRACT[path][method.upper()].as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=cases)
    def send(case: Any) -> None:
        response = case.call(
            app=application,
            base_url="http://localhost",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert response.status_code < 500, (case.as_curl_command(), response.text)

    send()

"""Requests that Schemathesis makes of the contract, as promised and as not."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import httpx

from tests.site_process import SiteProcess


def contract(server: SiteProcess, *, requests: int, seed: int) -> str:
    """About so many, spread over every operation of the server's own document.
    AssertionError for a 5xx, with the curl that makes it again, or a traceback.
    """
    import schemathesis
    from schemathesis.generation import GenerationMode

    document = httpx.get(f"{server.address}/api/v1/openapi.json", timeout=30).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [
        (path, method)
        for path, item in document["paths"].items()
        for method in ("get", "post")
        if method in item
    ]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    each = max(1, requests // (len(operations) * len(modes)))
    asking = _Asking(server, each=each, seed=seed)
    for number, (path, method) in enumerate(operations, 1):
        for mode in modes:
            takes = {*document["paths"][path], *document["paths"][path][method]}
            if mode is GenerationMode.POSITIVE or takes & {"parameters", "requestBody"}:
                asking.ask(
                    schema[path][method.upper()].as_strategy(generation_mode=mode)
                )
        print(
            f"  {number} of {len(operations)} operations, "
            f"{asking.asked:,} requests ({asking.seconds:.0f} s)",
            flush=True,
        )
    server.end()
    log = server.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    shown = ", ".join(f"{s}: {n:,}" for s, n in sorted(asking.statuses.items()))
    return f"{asking.asked:,} requests ({shown})"


class _Asking:
    def __init__(self, server: SiteProcess, *, each: int, seed: int) -> None:
        self._server, self._each, self._seed = server, each, seed
        self._began = time.monotonic()
        self.statuses: Counter[int] = Counter()

    @property
    def asked(self) -> int:
        return self.statuses.total()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def ask(self, cases: Any) -> None:
        from hypothesis import HealthCheck, Phase, given, seed, settings

        @seed(self._seed)
        @settings(
            max_examples=self._each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def send(case: Any) -> None:
            answer = case.call(
                base_url=self._server.address,
                headers={"Authorization": f"Bearer {self._server.key}"},
            )
            self.statuses[answer.status_code] += 1
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)

        send()

"""What real SDKs sent, sent to the API again in its order: each call is stored once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.expected import CALLS, GROUPS, ONE_BY_ONE, SPANS
from tests.clients.recording_proxy import read_fixture
from tests.sources.test_real_clients import FIXTURES

SENT = (*GROUPS, *(f"{group}{ONE_BY_ONE}" for group in SPANS))


@pytest.mark.parametrize("name", SENT)
async def test_each_call_of_a_real_client_is_stored_once_in_its_session(
    api: Any, in_db: Any, name: str
) -> None:
    from tracker.models import LLMSession, UsageSample
    from tracker.upkeep.verifying import verify

    for request in read_fixture(FIXTURES / f"{name}.jsonl"):
        headers = request.headers | {"Authorization": f"Bearer {api.key}"}
        answer = await api.client.post(
            request.path, content=request.body, headers=headers
        )
        assert answer.status_code == 200

    columns = ("session__key", "model", "used_tokens", "output_tokens")
    rows = await in_db(lambda: list(UsageSample.objects.values_list(*columns)))
    calls = CALLS[name.removesuffix(ONE_BY_ONE)]
    wanted = [(c.session, c.model, c.used_tokens, c.output_tokens) for c in calls]
    assert sorted(rows) == sorted(wanted)
    sessions = await in_db(LLMSession.objects.count)
    assert sessions == len({call.session for call in calls})
    assert await in_db(lambda: [str(each) for each in verify()]) == []

"""No request chooses where it is sent, and only a key of the gateway sends any."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from budget_site.edge.strangers import strangers
from tests.gateway.bodies import anthropic
from tests.gateway.fake_upstream import FakeUpstream

MESSAGES = "/gateway/anthropic/v1/messages"


async def raw(address: str, path: str, key: str) -> bytes:
    """The answer to a path that no HTTP library would send as it is."""
    import asyncio

    host = httpx.URL(address)
    reader, writer = await asyncio.open_connection(host.host, host.port)
    lines = [f"GET {path} HTTP/1.1", "Host: x", f"X-Token-Budget-Key: {key}"]
    writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "path",
    [
        "/gateway/anthropic/../../admin",
        "/gateway/anthropic/v1/%2e%2e/x",
        "/gateway/anthropic/v1/..%2fx",
        "/gateway/anthropic/v1/..;/x",
        "/gateway/anthropic//other.example/x",
        "/gateway/anthropic/%2fother.example/x",
        "/gateway/anthropic/v1/a%0d%0aHost:%20b",
        "/gateway/anthropic/v1\\x",
        "/gateway/anthropic/v1/%5cx",
        "/gateway/anthropic/v1/%00",
        "/gateway/anthropic/./x",
    ],
)
async def test_a_path_that_could_lead_elsewhere_is_refused(
    address: str, upstream: FakeUpstream, gateway_key: str, path: str
) -> None:
    answer = await raw(address, path, gateway_key)

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert upstream.asked == []


async def test_a_whole_url_or_another_host_leads_nowhere_else(
    client: httpx.AsyncClient, upstream: FakeUpstream
) -> None:
    answer = await client.post(
        MESSAGES,
        json=anthropic(),
        headers={"Host": "other.example", "X-Forwarded-Host": "other.example"},
    )

    assert answer.status_code == 200
    assert upstream.last.header("host") == upstream.url.removeprefix("http://")
    assert upstream.last.header("x-forwarded-host") is None


async def test_an_upstream_that_does_not_exist_is_404(
    client: httpx.AsyncClient, upstream: FakeUpstream, gateway_key: str
) -> None:
    answer = await client.get("/gateway/nowhere/v1/models")
    short = await client.get(f"/gateway/{gateway_key}")

    assert (answer.status_code, short.status_code) == (404, 404)
    assert "anthropic, gemini, openai" in answer.json()["error"]["message"]
    assert upstream.asked == []


@pytest.mark.parametrize("scopes", [["ingest", "read", "optimize"], ["read"]])
async def test_keys_without_the_scope_are_refused(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    project: Any,
    in_db: Any,
    scopes: list[str],
) -> None:
    from tracker.changes.access.api_keys import create_api_key

    made = await in_db(lambda: create_api_key(project=project, name="n", scopes=scopes))

    async def status(key: str) -> int:
        headers = {"X-Token-Budget-Key": key}
        return (await client.post(MESSAGES, json={}, headers=headers)).status_code

    assert [await status(key) for key in ("", "tb_unknown", made[1])] == [401, 401, 403]
    assert upstream.asked == []


async def test_a_key_in_the_path_opens_nothing_else(
    client: httpx.AsyncClient, gateway_key: str, project: Any, in_db: Any
) -> None:
    from tracker.changes.access.api_keys import create_api_key

    wide = await in_db(
        lambda: create_api_key(project=project, name="w", scopes=["gateway", "read"])
    )
    refused = await client.get(f"/gateway/{wide[1]}/anthropic/v1/models")
    bearer = {"Authorization": f"Bearer {gateway_key}"}
    read = await client.get("/api/v1/sessions", headers=bearer)

    assert (refused.status_code, read.status_code) == (403, 403)


async def test_a_revoked_key_is_refused_and_a_new_upstream_serves(
    client: httpx.AsyncClient, upstream: FakeUpstream, in_db: Any
) -> None:
    from tracker.changes.access.api_keys import revoke_api_key
    from tracker.changes.upstreams import set_upstream
    from tracker.models import ApiKey
    from tracker.reading import config_cache

    assert (await client.get("/gateway/anthropic/v1/models")).status_code == 200
    await in_db(lambda: set_upstream("second", f"{upstream.url}/below/", "other"))
    config_cache.CHECK_SECONDS, kept = 0.0, config_cache.CHECK_SECONDS
    try:
        second = await client.get("/gateway/second/v1/models")
        await in_db(lambda: revoke_api_key(ApiKey.objects.get(name="gateway")))
        refused = await client.get("/gateway/anthropic/v1/models")
    finally:
        config_cache.CHECK_SECONDS = kept

    assert (second.status_code, refused.status_code) == (200, 401)
    assert upstream.last.path == "/below/v1/models"


async def test_a_known_key_passes_while_the_database_is_away(
    client: httpx.AsyncClient, upstream: FakeUpstream, monkeypatch: Any
) -> None:
    from django.db import OperationalError

    from tracker.gateway.request import address as gateway_address
    from tracker.reading import config_cache

    assert (await client.post(MESSAGES, json=anthropic())).status_code == 200
    release = threading.Event()

    def away(token: str) -> Any:
        release.wait(60)
        raise OperationalError("away")

    monkeypatch.setattr(config_cache, "CHECK_SECONDS", -1.0)
    monkeypatch.setattr(gateway_address, "STORE_SECONDS", 0.25)
    monkeypatch.setattr(gateway_address.directory, "_read", away)
    started = time.monotonic()
    hanging = await client.post(MESSAGES, json=anthropic())
    took = time.monotonic() - started
    release.set()
    failing = await client.post(MESSAGES, json=anthropic())
    unknown = await client.post(
        MESSAGES, json=anthropic(), headers={"X-Token-Budget-Key": "tb_other"}
    )

    assert (hanging.status_code, failing.status_code) == (200, 200)
    assert unknown.status_code == 503
    assert took < 30


def test_the_address_keeps_the_bytes_of_path_and_query() -> None:
    from tracker.gateway.request.address import read_address

    scope = {
        "path": "/gateway/tb_0123456789/gemini/v1/a b:run",
        "raw_path": b"/gateway/tb_0123456789/gemini/v1/a%20b:run",
        "query_string": b"alt=sse&key=secret",
        "headers": [],
    }
    found = read_address(scope)

    assert found.token == "tb_0123456789"
    assert (found.upstream, found.path) == ("gemini", "/v1/a%20b:run")
    assert found.target == "/v1/a%20b:run?alt=sse&key=secret"
    assert scope["path"] == "/gateway/tb_01234…/gemini/v1/a b:run"
    assert scope["query_string"] == b""


async def test_what_ages_is_renewed_beside_a_call_that_does_not_wait(
    client: httpx.AsyncClient, in_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.gateway.request.address import directory
    from tracker.models import ConfigVersion, Upstream
    from tracker.reading.config_cache import ConfigCache

    def rename() -> None:
        Upstream.objects.filter(name="anthropic").update(name="renamed")
        ConfigVersion.bump()

    assert (await client.post(MESSAGES, json=anthropic())).status_code == 200
    await in_db(rename)
    ageing = property(lambda cache: True)
    monkeypatch.setattr(ConfigCache, "is_ageing", ageing)
    held = ConfigCache.fresh(directory._providers)
    monkeypatch.setattr(ConfigCache, "fresh", lambda cache: cache.last())

    answer = await client.post(MESSAGES, json=anthropic())
    assert directory._renewing is not None
    await directory._renewing

    assert answer.status_code == 200  # by what was held
    assert held is not directory._providers.last()
    assert (await client.post(MESSAGES, json=anthropic())).status_code == 404


async def test_who_has_a_key_of_the_gateway_is_known_at_the_front_door(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside somebody without a key its connections waited a second each."""
    known: list[str] = []
    monkeypatch.setattr(strangers, "vouch", known.append)

    await client.post(MESSAGES, json=anthropic())

    assert known == ["127.0.0.1"]

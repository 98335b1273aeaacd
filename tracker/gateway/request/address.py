"""Which upstream a call is for, and whose call it is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from tracker.api.errors import ApiError
from tracker.api.intake.http import Scope, header
from tracker.api.intake.threads import in_store_thread
from tracker.api.keys.access import unknown_caller, usable
from tracker.api.keys.keyring import KeyGrant, keyring
from tracker.changes.request_context import present_request
from tracker.domain.budget.resolution import PolicyBook
from tracker.gateway.asking import take_error
from tracker.gateway.door import PREFIX
from tracker.models import Upstream
from tracker.models.access.api_keys import GATEWAY_SCOPE, KEY_PREFIX
from tracker.reading.config_cache import ConfigCache
from tracker.reading.policies.policy_shelf import (
    fresh_policies,
    present_policies,
    renew_policies,
)

KEY_HEADER = b"x-token-budget-key"
STORE_SECONDS = 0.25  # a call whose key was known waits no longer for the database
REMEMBERED = 1_000
# What may stand in an address: no space, no control character, no backslash.
_PLAIN = re.compile(rb"[!-\[\]-~]+")


@dataclass(frozen=True, slots=True)
class Provider:
    """A row of Upstream, as calls need it. `base` has no slash at its end."""

    name: str
    base: str
    dialect: str


@dataclass(frozen=True, slots=True)
class Address:
    """`target` is the rest of the path with its query, as it was sent:
    `/v1/messages?beta=true`.
    """

    token: str
    is_token_in_path: bool
    upstream: str
    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a call needs of the database."""

    grant: KeyGrant | None
    providers: Mapping[str, Provider]
    policies: PolicyBook


def read_address(scope: Scope) -> Address:
    """Raises ApiError 400 for a path that could lead elsewhere, 404 for none.

    What servers log of the scope then has no query, and of the token its beginning.
    """
    decoded = scope["path"]
    raw = scope["raw_path"].removeprefix(settings.PATH_PREFIX.encode())
    first, _, rest = raw[len(PREFIX) :].partition(b"/")
    token, in_path = "", first.startswith(KEY_PREFIX.encode())
    if in_path:
        token = first.decode("latin-1")
        first, _, rest = rest.partition(b"/")
        shown = f"{token[:8]}…"
        decoded = scope["path"] = decoded.replace(token, shown)
        scope["raw_path"] = raw.replace(token.encode(), token[:8].encode())
    token = token or header(dict(scope["headers"]), KEY_HEADER)
    # Gemini's clients put the provider's key into the query: no server logs it.
    query, scope["query_string"] = scope["query_string"], b""
    _refuse_tricks(decoded, rest + query)
    if not first:
        raise ApiError(404, "address", "the address is /gateway/UPSTREAM/PATH")
    path = f"/{rest.decode('ascii')}"
    target = f"{path}?{query.decode('ascii')}" if query else path
    return Address(token, in_path, first.decode("ascii"), path, target)


def _refuse_tricks(decoded: str, raw: bytes) -> None:
    """`/v1/../../admin`, also written `%2e%2e` or `..;`, would leave the upstream's
    base URL; `//` may be read as a host, and a line break as another request.
    """
    segments = [part.partition(";")[0] for part in decoded.split("/")[1:]]
    is_odd = any(part in (".", "..") for part in segments) or "" in segments[:-1]
    if is_odd or "\\" in decoded or not decoded.isprintable() or _odd_bytes(raw):
        raise ApiError(400, "path", "the path must be plain: no '..', '//' or control")


def _odd_bytes(raw: bytes) -> bool:
    return bool(raw) and _PLAIN.fullmatch(raw) is None


def _load_providers() -> dict[str, Provider]:
    return {
        row.name: Provider(row.name, row.base_url.rstrip("/"), row.dialect)
        for row in Upstream.objects.all()
    }


class Directory:
    """Keys, upstreams and policies, for calls that must not fail for the database.

    At most a second old while the database answers. While it does not, a key that was
    good keeps what was last known of it: a revoked key may pass as long as the outage.
    """

    def __init__(self) -> None:
        self._providers = ConfigCache(_load_providers)
        self._last: dict[str, Known] = {}
        self._renewing: asyncio.Future[None] | None = None

    async def look_up(self, token: str) -> Known:
        """Raises ApiError 503 when the database is away and nothing is known."""
        grant = keyring.cached(token)
        providers, policies = self._providers.fresh(), fresh_policies()
        if grant is not None and providers is not None and policies is not None:
            if self._providers.is_ageing and (
                self._renewing is None or self._renewing.done()
            ):
                self._renewing = asyncio.ensure_future(in_store_thread(self._renew))
                self._renewing.add_done_callback(take_error)
            return Known(grant, providers, policies)
        asked = asyncio.ensure_future(in_store_thread(self._read, token))
        last = self._last.get(token)
        if last is None:
            known: Known = await asked
        else:
            try:
                known = await asyncio.wait_for(asyncio.shield(asked), STORE_SECONDS)
            except (ApiError, TimeoutError):
                asked.add_done_callback(take_error)
                return last
        self._remember(token, known)
        return known

    def _read(self, token: str) -> Known:
        return Known(keyring.find(token), self._providers.get(), present_policies())

    def _renew(self) -> None:
        """Else one call in each second would wait for a thread and its queries."""
        self._providers.renew()
        keyring.renew()
        renew_policies()

    def _remember(self, token: str, known: Known) -> None:
        if known.grant is None:
            self._last.pop(token, None)
            return
        if len(self._last) >= REMEMBERED:
            self._last.clear()
        self._last[token] = known

    def forget(self) -> None:
        """For tests, whose database goes back in time."""
        self._last.clear()
        self._providers.forget()
        self._renewing = None  # its loop may have ended before it was done


directory = Directory()


async def admitted(address: Address) -> tuple[KeyGrant, Provider, PolicyBook]:
    """Raises ApiError 401, 403 or 404."""
    if not address.token:
        raise unknown_caller(
            "no_key",
            "send a key with the scope gateway: X-Token-Budget-Key: tb_…, or "
            "/gateway/tb_…/UPSTREAM/PATH (manage.py api_key create NAME "
            "--scope gateway)",
        )
    known = await directory.look_up(address.token)
    grant = usable(known.grant)
    context = present_request()
    if context is not None:
        context.api_key = address.token[:8]
    if GATEWAY_SCOPE not in grant.scopes:
        raise ApiError(403, "scope", "this key lacks the scope 'gateway'")
    if address.is_token_in_path and len(grant.scopes) > 1:
        # More people see an address than a header: a list of processes shows it, and a
        # shell's history. So a key in an address may open the gateway alone.
        raise ApiError(403, "scope", "a key in an address must have 'gateway' alone")
    provider = known.providers.get(address.upstream)
    if provider is None:
        names = ", ".join(sorted(known.providers)) or "none"
        raise ApiError(404, "upstream", f"there is no such upstream; known: {names}")
    return grant, provider, known.policies

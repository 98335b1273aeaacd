"""Reads the key in `Authorization` and checks that it may do this."""

from __future__ import annotations

import base64
import binascii

from budget_site.edge.connections import caller
from budget_site.edge.strangers import strangers
from tracker.api.errors import ApiError
from tracker.api.keys.keyring import KeyGrant, keyring
from tracker.changes.request_context import present_request

BAD_KEY = "this API key is unknown, revoked or expired"


def key_of(header: str) -> str:
    """The key of `Bearer KEY`, or of Basic, as its user or its password."""
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic" and value:
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
        user, _, password = text.partition(":")
        for candidate in (password, user):
            if candidate.startswith("tb_"):
                return candidate
    raise unknown_caller(
        "no_key",
        "send an API key: Authorization: Bearer tb_… "
        "(make one with: manage.py api_key create NAME)",
    )


def unknown_caller(code: str, text: str) -> ApiError:
    """401. Who gets it again and again waits (`with_request_id`)."""
    context = present_request()
    if context is not None:
        context.is_unknown = True
    return ApiError(401, code, text)


def check(grant: KeyGrant | None, scope: str) -> KeyGrant:
    """The grant, if it has `scope`. Raises ApiError 401 or 403."""
    grant = usable(grant)
    if scope not in grant.scopes:
        raise ApiError(403, "scope", f"this API key lacks the scope '{scope}'")
    return grant


def usable(grant: KeyGrant | None) -> KeyGrant:
    """The grant, whatever its scopes. Raises ApiError 401.

    One that has expired or was revoked is no guess: a busy client that goes on with it
    must not hold up its neighbours' connections.
    """
    if grant is None:
        raise unknown_caller("bad_key", BAD_KEY)
    if grant.has_ended:
        raise ApiError(401, "bad_key", BAD_KEY)
    context = present_request()
    if context is not None and context.address:
        strangers.vouch(caller(context.address))
    return grant


def authorize(header: str, scope: str) -> KeyGrant:
    """The grant for an Authorization header. May query. Raises ApiError 401 or 403."""
    key = key_of(header)
    grant = check(keyring.find(key), scope)
    context = present_request()
    if context is not None:
        context.api_key = key[:8]
    return grant

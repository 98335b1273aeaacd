"""What every endpoint behind Django has in common: key, method, JSON, errors."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    UnreadablePostError,
)
from django.views.decorators.csrf import csrf_exempt

from tracker.api.access import authorize
from tracker.api.content_types import check_json_body
from tracker.api.errors import ApiError, saturated, store_unavailable, too_large
from tracker.api.rate_limit import rate_limiter
from tracker.ingest.arrivals import Saturated, StoreUnavailable
from tracker.models.keyset import CursorError
from tracker.sources.native import BodyError

logger = logging.getLogger(__name__)
View = Callable[..., Any]


def endpoint(**scopes: str) -> Callable[[View], View]:
    """`@endpoint(GET="read", POST="optimize")`: the scope a key needs, per method.

    The view gets (request, grant, **kwargs), answers a dict or (status, dict), and
    raises ApiError or BodyError for what is wrong.
    """

    def decorate(view: View) -> View:
        @csrf_exempt  # a key in a header, never a cookie
        @functools.wraps(view)
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                scope = scopes.get(request.method or "")
                if scope is None:
                    allowed = ", ".join(scopes)
                    raise ApiError(405, "method", f"this address takes {allowed}")
                grant = authorize(request.headers.get("Authorization", ""), scope)
                if request.method == "POST":
                    check_json_body(
                        request.headers.get("Content-Type", ""),
                        request.headers.get("Content-Encoding", ""),
                    )
                    rate_limiter.take(grant, 1)
                found = view(request, grant, **kwargs)
            except Exception as error:
                return _respond_error(as_api_error(error))
            if isinstance(found, HttpResponseBase):  # a stream answers for itself
                return found
            status, body = found if isinstance(found, tuple) else (200, found)
            return _respond(status, body)

        return answer

    return decorate


def as_api_error(error: Exception) -> ApiError:
    """Every error that has a good answer; others are raised on."""
    match error:
        case ApiError():
            return error
        case BodyError(is_json=False):
            return ApiError(400, "not_json", error.message)
        case BodyError():
            return ApiError(422, "invalid", error.message, field=error.field or None)
        case CursorError():
            return ApiError(422, "invalid", str(error), field="cursor")
        case RequestDataTooBig():
            return too_large(settings.OPTIMIZE_BODY_BYTES)
        case SuspiciousOperation():
            return ApiError(400, "bad_request", str(error))
        case UnreadablePostError():
            return ApiError(400, "incomplete", "the body ended early")
        case Saturated():
            return saturated()
        case StoreUnavailable() | DatabaseError():
            logger.error("The store did not answer: %s", error)
            return store_unavailable(error)
    raise error


def _respond(status: int, body: Any) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(body), status=status, content_type="application/json"
    )


def _respond_error(error: ApiError) -> HttpResponse:
    response = _respond(error.status, error.as_dict())
    for name, value in error.headers.items():
        response.headers[name] = value
    return response


def not_found(what: str) -> ApiError:
    return ApiError(404, "not_found", f"there is no {what} in this key's project")

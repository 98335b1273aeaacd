"""What all endpoints in Django share: key, method, JSON, errors, finding a session."""

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

from tracker.api.errors import ApiError, saturated, store_unavailable, too_large
from tracker.api.intake.bodies.content_types import check_json_body
from tracker.api.keys.access import authorize
from tracker.api.keys.keyring import KeyGrant
from tracker.api.keys.rate_limit import rate_limiter
from tracker.ingest.arrivals import Saturated, StoreUnavailable
from tracker.models import LLMSession
from tracker.reading.keyset import CursorError
from tracker.sources.body_errors import BodyError
from tracker.workers.callers import (
    Caller,
    NotWorkedOut,
    WorkersBusy,
    WorkTooLong,
    on_behalf_of,
    present_caller,
)
from tracker.workers.leaving import has_left

logger = logging.getLogger(__name__)
View = Callable[..., Any]


def endpoint(**scopes: str) -> Callable[[View], View]:
    """`@endpoint(GET="read", POST="optimize")`: the scope a key needs, per method.

    The view gets (request, grant, **kwargs). It answers a shape, (status, shape) or a
    whole response, and raises ApiError or BodyError for what is wrong.
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
                with on_behalf_of(_caller(request, grant)):
                    found = view(request, grant, **kwargs)
            except Exception as error:  # noqa: BLE001 - raised again where it has no answer
                return _respond_error(as_api_error(error))
            if isinstance(found, HttpResponseBase):
                return found
            status, body = found if isinstance(found, tuple) else (200, found)
            return respond(status, body)

        return answer

    return decorate


def _caller(request: HttpRequest, grant: KeyGrant) -> Caller:
    return Caller(grant.project_id, grant.key_id, has_left(request))


def as_api_error(error: Exception) -> ApiError:
    """The answer to this error. One that has none is raised again."""
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
    return _try_later(error)


def _try_later(error: Exception) -> ApiError:
    """The answer where the request is good and the server cannot serve it now."""
    match error:
        case WorkTooLong():
            return ApiError(422, "too_long", str(error))
        case WorkersBusy():
            return ApiError(503, "busy", str(error), retry_after=5)
        case NotWorkedOut():
            return ApiError(503, "worker_away", str(error), retry_after=10)
        case Saturated():
            return saturated()
        case StoreUnavailable() | DatabaseError():
            logger.error("The store did not answer: %s", error)
            return store_unavailable(error)
    raise error


def respond(
    status: int, body: Any, *, afterwards: Callable[[], object] | None = None
) -> HttpResponse:
    """JSON. `afterwards` is called when the client has its answer, on behalf of the
    same project: else one key's work after its answers would take every worker.
    """
    return JsonAnswer(msgspec.json.encode(body), status, afterwards)


class JsonAnswer(HttpResponse):
    def __init__(
        self, body: bytes, status: int, afterwards: Callable[[], object] | None
    ) -> None:
        super().__init__(body, status=status, content_type="application/json")
        self._afterwards = afterwards
        self._caller = Caller(present_caller().project)

    def close(self) -> None:
        """Django calls this in the request's thread when everything is sent."""
        work, self._afterwards = self._afterwards, None
        try:
            if work is not None:
                with on_behalf_of(self._caller):
                    work()
        except Exception:  # the client has its answer already
            logger.exception("After an answer")
        finally:
            super().close()


def _respond_error(error: ApiError) -> HttpResponse:
    return HttpResponse(
        error.body,
        status=error.status,
        content_type="application/json",
        headers=error.headers,
    )


def not_found(what: str) -> ApiError:
    return ApiError(404, "not_found", f"there is no {what} in this key's project")


def session_named(grant: KeyGrant, key: str) -> LLMSession | None:
    """The session of the key's project with this name."""
    if "\0" in key:  # PostgreSQL would refuse the query
        return None
    return LLMSession.objects.filter(project_id=grant.project_id, key=key).first()


def find_session(grant: KeyGrant, key: str) -> LLMSession:
    """Raises ApiError 404, also for a session of somebody else's project."""
    found = session_named(grant, key)
    if found is None:
        raise not_found(f"session {key!r}")
    return found

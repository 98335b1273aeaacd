"""Puts the user of a page's request into the audit log and the log lines."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from budget_site.edge.connections import caller
from budget_site.edge.strangers import strangers
from tracker.changes.request_context import RequestContext, begin, enter

SCOPE_KEY = "token_budget.request"


class RequestUserMiddleware:
    """Must come after the login middleware. The user stays lazy: few views use it.

    Who is logged in waits less for connections that a neighbour wastes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = context_of(request)
        context.user = request.user
        response = self.get_response(request)
        # Where a view asked who it is: a query for this alone would cost each page one.
        user = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated and context.address:
            strangers.vouch(caller(context.address))
        return response


def context_of(request: HttpRequest) -> RequestContext:
    """The one made ahead of Django; under another server or in a test, a new one."""
    known: RequestContext | None = getattr(request, "scope", {}).get(SCOPE_KEY)
    if known is None:
        address = request.META.get("REMOTE_ADDR", "")
        return begin(request.headers.get("X-Request-Id", ""), address)
    enter(known)
    return known

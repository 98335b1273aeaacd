"""Answers 503 with a page that reloads itself while the database does not answer, and
404 when a row that the page names was deleted during the request.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import page_not_found
from django.views.defaults import server_error as broken

from budget_site.database_file import refuse_another
from tracker.ingest.rows.store_trouble import is_away, is_of_missing_row, trouble

RETRY_SECONDS = 5
PROBES = ("/healthz", "/readyz")  # they say it in their own way
logger = logging.getLogger(__name__)


def is_probe(path: str, method: str | None) -> bool:
    """Other methods are refused with a page, which needs the pages' addresses."""
    return path in PROBES and method in ("GET", "HEAD")


class StoreAwayMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asks = is_probe(request.path_info, request.method)
        if asks:  # answered before the pages are imported
            request.urlconf = "budget_site.serving.probes"  # Django asks for it
        try:
            refuse_another()
        except DatabaseError as error:
            if not asks:
                return unavailable(request, error)
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if isinstance(error, DatabaseError) and is_away(error):
            return unavailable(request, error)
        if is_of_missing_row(error):
            # For example a comment on a compression that is being deleted.
            return page_not_found(request, error)
        return None


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, also for an error in a middleware, as it saves a login."""
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError) and is_away(error):
        return unavailable(request, error)
    return broken(request)


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("The store did not answer %s: %s", request.path, error)
    reason = trouble(error)
    # Without the request: the template would ask the database who is logged in.
    text = render_to_string(
        "503.html",
        {
            "reason": reason[0].upper() + reason[1:],
            "refresh": RETRY_SECONDS if request.method == "GET" else None,
        },
    )
    return HttpResponse(text, status=503, headers={"Retry-After": str(RETRY_SECONDS)})

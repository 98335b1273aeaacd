"""Pages and lists travel compressed; what holds a secret does not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# A smaller answer fits into the first packet as it is.
LEAST_BYTES = 1_000


class CompressedMiddleware(GZipMiddleware):
    """Compresses answers to GET, with up to 100 random bytes in each as Django does.

    It skips answers that may not be stored: they show a key or a link, whose text could
    be guessed from the length of an answer that also repeats a caller's words (BREACH).
    It skips streamed answers: an export of 200 MB would take several times as long.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if (
            request.method != "GET"
            or not isinstance(response, HttpResponse)  # it is streamed
            or "no-store" in response.get("Cache-Control", "")
            or len(response.content) < LEAST_BYTES
        ):
            return response
        return super().process_response(request, response)

"""What htmx says of its ask."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def htmx_of(request: HttpRequest) -> HtmxDetails:
    """False where a whole page is asked for."""
    details: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # its middleware's
    return details

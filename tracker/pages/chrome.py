"""What every page's frame shows: the projects one may see, the pending count."""

from __future__ import annotations

from django.http import HttpRequest


def chrome(request: HttpRequest) -> dict[str, object]:
    return {}

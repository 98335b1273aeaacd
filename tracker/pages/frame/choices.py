"""What a browser has chosen, kept there for a year in a cookie that no script reads."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

YEAR = 365 * 86_400


def remember(response: HttpResponse, name: str, chosen: str) -> None:
    response.set_cookie(
        name,
        chosen,
        max_age=YEAR,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )

"""What a browser reads to install the site as an app. There is no service worker: no
page is kept for reading without the server, whose login may have ended since.
"""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

SIZES = (192, 512)
DARK = "#0a0b0d"  # the background of tokens.css


@require_GET
@cache_control(max_age=86_400, public=True)
def manifest(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The same for everybody. Icons have a margin, so they may be cut to any shape."""
    icons = [
        {
            "src": static(f"tracker/frame/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in SIZES
        for purpose in ("any", "maskable")
    ]
    start = reverse("overview")
    return JsonResponse(
        {
            "name": "Token Budget",
            "short_name": "Token Budget",
            "id": start,
            "start_url": start,
            "scope": start,
            "display": "standalone",
            "background_color": DARK,
            "theme_color": DARK,
            "icons": icons,
        },
        content_type="application/manifest+json",
    )

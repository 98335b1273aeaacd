"""The button that plays the demo: starts the command in the background."""

from __future__ import annotations

import logging
import threading
from io import StringIO

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tracker.pages.policies.access import is_project_admin

SPEED = 1.0
BEGIN_SECONDS = 5.0  # to wait for the project: without it the page would be empty
logger = logging.getLogger(__name__)
_lock = threading.Lock()
_player: threading.Thread | None = None


@require_POST
@login_required
def demo_start(request: HttpRequest) -> HttpResponse:
    """For administrators, of the server or of a project. One plays at a time."""
    global _player
    if not request.user.is_superuser and not is_project_admin(request):
        raise PermissionDenied("Only an admin can load the demo.")
    with _lock:
        if _player is not None and _player.is_alive():
            messages.info(request, "The demo is already playing.")
        else:
            begun = _Begun()
            where = (own_address(request), request.get_host(), _member(request))
            _player = threading.Thread(
                target=_play, args=(*where, begun), name="demo", daemon=True
            )
            _player.start()
            begun.event.wait(BEGIN_SECONDS)
            messages.success(
                request, "The demo plays for about three minutes: watch the gauges."
            )
    return HttpResponseRedirect(f"{reverse('overview')}?project=demo")


class _Begun(StringIO):
    """What the command writes to; its first line says that the project is there."""

    def __init__(self) -> None:
        super().__init__()
        self.event = threading.Event()

    def write(self, text: str) -> int:
        self.event.set()
        return len(text)


def own_address(request: HttpRequest) -> str:
    """Where this very process listens, whatever name a proxy gives it."""
    host, port = request.META["SERVER_NAME"], request.META["SERVER_PORT"]
    # A server bound to all interfaces is called on loopback.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _member(request: HttpRequest) -> str | None:
    return None if request.user.is_superuser else request.user.get_username()


def _play(address: str, host: str, member: str | None, out: StringIO) -> None:
    try:
        call_command(
            "demo",
            address=address,
            host=host,
            member=member,
            speed=SPEED,
            verbosity=2,
            stdout=out,
        )
    except Exception:
        logger.exception("The demo ended early")
    finally:
        connection.close()

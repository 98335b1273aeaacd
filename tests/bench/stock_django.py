"""What `django-admin startproject` gives: an ASGI view that saves one row.

No middleware, and the same SQLite settings as the product's: the gentlest form.
"""

from __future__ import annotations

import json
import os
from typing import Any

import django
from django.conf import settings

from budget_site.databases import sqlite

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    DATABASES={"default": sqlite(os.path.join(os.environ["TOKEN_BUDGET_DATA"], "s"))},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402


class Row(models.Model):
    session = models.CharField(max_length=255)
    event_id = models.CharField(max_length=255)
    model = models.CharField(max_length=200)
    used_tokens = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        indexes = [models.Index(fields=["session", "at"], name="row_session")]

    def __str__(self) -> str:
        return self.event_id


def save(request: Any) -> JsonResponse:
    body = json.loads(request.body)
    row = Row.objects.create(
        session=body["session"],
        event_id=body["event_id"],
        model=body["model"],
        used_tokens=sum(body["tokens"].values()),
        at=timezone.now(),
    )
    response = JsonResponse({"id": row.pk}, status=201)
    response["Content-Length"] = len(response.content)  # as CommonMiddleware would
    return response


urlpatterns = [path("save", save)]
with connection.schema_editor() as editor:
    editor.create_model(Row)
connection.close()
django_app = get_asgi_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await django_app(scope, receive, send)
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return

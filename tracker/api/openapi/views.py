"""The contract for programs (OpenAPI) and for people (a page). Neither needs a key or
shows data.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from tracker.api.openapi.document import document
from tracker.api.openapi.page import groups_of, schemas_of, with_code


@require_safe
def openapi(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse(
        msgspec.json.encode(document()), content_type="application/json"
    )
    # So that tools in a browser can read the document from another site.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    found = document()
    context: dict[str, Any] = {
        "groups": groups_of(found),
        "schemas": schemas_of(found),
        "paragraphs": [
            with_code(text) for text in found["info"]["description"].split("\n\n")
        ],
        "address": request.build_absolute_uri(reverse("overview")).rstrip("/"),
    }
    return render(request, "tracker/api/docs.html", context)

"""The contract as OpenAPI, and a page that shows it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse


def openapi(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"openapi": "3.1.0"})


def docs(request: HttpRequest) -> HttpResponse:
    return HttpResponse("docs")

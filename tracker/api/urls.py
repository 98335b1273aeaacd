"""The API's URLs. POST /api/v1/usage is `intake.py`, ahead of Django."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

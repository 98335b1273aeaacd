"""The site's URLs: the admin, the API's rarely called parts, the pages."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]

"""The site's URLs: the admin, the API's rarely called parts, the pages."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from tracker.pages.login import admin_login

urlpatterns = [
    # One way in for all: it is the one that limits guessing.
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("", include("tracker.api.urls")),
    path("", include("tracker.pages.urls")),
]
handler500 = "tracker.pages.frame.store_away.server_error"

"""The site's URLs: the admin, the pages, and the API except for taking reports."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

import tracker.admin.registered  # noqa: F401  # before the admin's addresses are made
from tracker.pages.people.login import admin_login

urlpatterns = [
    # The admin's own login does not limit guessing; this one does.
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("", include("tracker.api.urls")),
    path("", include("tracker.pages.urls")),
]
handler500 = "tracker.pages.frame.middleware.store_away.server_error"

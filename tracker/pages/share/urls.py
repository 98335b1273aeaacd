"""/share/, for administrators, and /shared/, for everybody who has a link."""

from __future__ import annotations

from django.urls import path

from tracker.pages.share import making, shown

urlpatterns = [
    path("share/sessions/<int:pk>/", making.session, name="share-session"),
    path("share/compressions/<int:pk>/", making.compression, name="share-compression"),
    path("share/projects/<slug:slug>/", making.project, name="share-project"),
    path("share/links/<int:pk>/revoke/", making.revoke, name="share-revoke"),
    path("shared/<str:token>/", shown.page, name="shared"),
    path("shared/<str:token>/badge.svg", shown.badge, name="shared-badge"),
]

"""/alerts/"""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from tracker.pages.alerts import views


class KindConverter(StringConverter):
    regex = "rules|channels"


register_converter(KindConverter, "alert_kind")

urlpatterns = [
    path("", views.alerts, name="alerts"),
    path("new-rule/<slug:slug>/", views.rule, name="alert-rule-new"),
    path("rules/<int:pk>/", views.rule, name="alert-rule"),
    path("new-channel/<slug:slug>/", views.channel, name="alert-channel-new"),
    path("channels/<int:pk>/", views.channel, name="alert-channel"),
    path("channels/<int:pk>/test/", views.test, name="alert-test"),
    path("<alert_kind:what>/<int:pk>/remove/", views.remove, name="alert-remove"),
    path("deliveries/<int:pk>/send/", views.again, name="alert-again"),
]

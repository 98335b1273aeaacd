"""The sockets' URLs."""

from __future__ import annotations

from django.urls import path

from tracker.live.consumers import BudgetConsumer

websocket_urlpatterns = [
    path("ws/overview/", BudgetConsumer.as_asgi()),
    path("ws/sessions/<int:pk>/", BudgetConsumer.as_asgi()),
]

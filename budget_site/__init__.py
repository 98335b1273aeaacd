"""Wires the site together: settings, URLs, ASGI. No rule about tokens lives here."""

from __future__ import annotations

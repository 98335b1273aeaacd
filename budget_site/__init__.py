"""Wires the site together: settings, URLs, ASGI. No rule about tokens lives here."""

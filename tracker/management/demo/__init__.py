"""The demo's story and its player."""

from __future__ import annotations

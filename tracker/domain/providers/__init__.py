"""What providers say: usage objects, model names, windows and prices."""

from __future__ import annotations

"""The rows of a compression: numbers, text, cut and what filled the windows."""

from __future__ import annotations

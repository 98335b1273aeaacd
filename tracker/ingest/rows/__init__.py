"""The rows a transaction reads and writes."""

from __future__ import annotations

"""What templates need to say numbers, moments and levels."""

from __future__ import annotations

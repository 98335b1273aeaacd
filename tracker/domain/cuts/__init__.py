"""What stands for the beginning of a conversation once it was compressed."""

from __future__ import annotations

"""Takes secrets out of text before it is stored."""

from __future__ import annotations

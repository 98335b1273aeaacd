"""What a compression kept, changed and lost."""

from __future__ import annotations

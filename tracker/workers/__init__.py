"""What runs in worker processes: compressing, reviewing, counting."""

from __future__ import annotations

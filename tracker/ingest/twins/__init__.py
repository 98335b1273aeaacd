"""One call that is reported by two ways counts once."""

from __future__ import annotations

"""One call told twice, by two ways, counts once."""

from __future__ import annotations

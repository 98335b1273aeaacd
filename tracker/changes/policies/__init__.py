"""Changes of policies: the form, the change itself, and judging anew."""

from __future__ import annotations

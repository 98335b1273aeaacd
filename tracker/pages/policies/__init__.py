"""Pages about policies: the list, the form, what-if trials."""

from __future__ import annotations

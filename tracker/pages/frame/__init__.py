"""What every page shares: navigation, filters, fragments, security headers."""

from __future__ import annotations

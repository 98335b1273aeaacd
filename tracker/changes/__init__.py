"""What people change: policies, reviews, keys, the catalogue; and the audit log."""

from __future__ import annotations

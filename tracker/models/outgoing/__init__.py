"""What leaves the product: alerts, and exports to a log collector."""

from __future__ import annotations

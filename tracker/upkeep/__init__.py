"""Keeps the store in order: prune, delete, verify, partitions."""

from __future__ import annotations

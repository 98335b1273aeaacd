"""Codex's rollouts: lines, items, requests, compactions."""

from __future__ import annotations
